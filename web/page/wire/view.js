// The view at #/wire: the frames of this page's connections, as the server saw them.

import { announce } from "../announce.js";
import { formatCount } from "../bytes.js";
import { paced } from "../pace.js";
import { capacity, History } from "../pair/history.js";
import { Log } from "../pair/log.js";
import { Entries } from "./entry.js";
import { drawFrame } from "./figure.js";
import { drawMessage } from "./message.js";
import { Stream } from "./stream.js";
import { talk } from "./talk.js";

const states = { off: "not listening", connecting: "connecting", open: "listening" };

export function mount(section) {
  const field = (name) => section.querySelector(`[data-field=${name}]`);
  const history = new History();
  const entries = new Entries();
  const log = new Log(history, { grid: field("wire-log"), space: field("wire-rows"), detail: field("wire-detail"), prefix: "wire" });
  const follow = section.querySelector("[data-action=wire-follow]");
  let tape = "";
  let frames = 0;
  let lost = 0;

  const count = paced(() => {
    const shown = field("wire-count");
    Object.assign(shown.dataset, { frames, lost });
    const gone = history.end > capacity ? `, the last ${formatCount(capacity)} lines kept` : "";
    shown.textContent = `${formatCount(frames)} frames${gone}${lost > 0 ? `; ${formatCount(lost)} events came too fast to be shown` : ""}`;
  }, 100);

  function take({ detail: batch }) {
    if (batch.tape !== tape) {
      if (tape) {
        announce("The server was started again, or forgot this page: its connections are counted anew");
      }
      tape = batch.tape;
      entries.clear();
    }
    if (batch.lost > 0) {
      lost += batch.lost;
      entries.clear();
    }
    for (const event of batch.events) {
      frames += event.frame ? 1 : 0;
      for (const entry of entries.make(event)) {
        history.add(entry);
      }
    }
    log.draw();
    count();
  }

  log.onchoose = (entry) => {
    const frame = entry?.shows?.frame;
    const drawn = [...drawMessage(entry?.group), ...(frame ? [drawFrame(frame, entry.shows.violation)] : [])];
    field("wire-figure").replaceChildren(...drawn);
    field("wire-hint").hidden = drawn.length > 0;
  };
  log.onfollow = (on) => follow.setAttribute("aria-pressed", on);
  follow.addEventListener("click", () => log.follow(!log.following));
  section.querySelector("[data-action=wire-clear]").addEventListener("click", () => {
    history.clear();
    log.clear();
    frames = lost = 0;
    log.draw();
    count();
  });
  const stream = new Stream(section);
  const listening = () => {
    const state = field("stream");
    state.dataset.state = stream.state;
    state.textContent = states[stream.state];
  };
  stream.addEventListener("batch", take);
  stream.addEventListener("state", listening);
  listening();
  talk(section.querySelector("#wire-talk"));
}
