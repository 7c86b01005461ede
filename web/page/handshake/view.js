// The view at #/handshake: the opening handshake of this page's connections, the accept key, and refusals.

import { announce } from "../announce.js";
import * as javascript from "../connection/javascript.js";
import { element } from "../element.js";
import * as route from "../route.js";
import { play } from "../wire/play.js";
import { Stream } from "../wire/stream.js";
import { tapped } from "../wire/token.js";
import { drawDerivation } from "./acceptkey.js";
import { drawExchange, header } from "./exchange.js";
import { refusals } from "./refusals.js";

const kept = 16; // connections
const telling = ["Upgrade:", "Connection:", "Sec-WebSocket-", "HTTP/1.1 "];

export function mount(section) {
  const field = (name) => section.querySelector(`[data-field=${name}]`);
  const select = field("connections");
  const handshakes = new Map(); // by tape and number of the connection
  let opened = false;
  let asked = 0; // for refusals, so far

  function take({ detail: { tape, events } }) {
    for (const { connection, open } of events.filter((event) => event.open)) {
      const id = `${tape} ${connection}`;
      if (handshakes.has(id)) {
        continue;
      }
      handshakes.set(id, open);
      const { pathname, searchParams } = new URL(open.target, location.href);
      select.prepend(element("option", { value: id, textContent: `${connection}: ${pathname}, ${searchParams.get("by")}` }));
      if (select.length > kept) {
        handshakes.delete(select.lastElementChild.value);
        select.lastElementChild.remove();
      }
      select.value = id;
      select.hidden = false;
      show(open);
    }
  }

  function show(open) {
    drawExchange(field("exchange"), open, { marked: telling });
    drawDerivation(field("accept-own"), header(open.request ?? "", "Sec-WebSocket-Key"), header(open.response, "Sec-WebSocket-Accept"));
  }

  // open makes a connection, which is there for its handshake alone.
  function open() {
    const url = new URL("/echo", location.href.replace(/^http/, "ws"));
    url.hash = "";
    field("handshake-problem").textContent = "";
    const connection = javascript.open(tapped(url.href, "handshake"), {
      subprotocols: ["tandem.v1"],
      onopen: () => connection.close(1000),
      onmessage: () => {},
      onclose: ({ problem = "" }) => (field("handshake-problem").textContent = problem),
    });
  }

  async function refuse({ id, title, request, wrong }) {
    const place = field("refusal");
    for (const button of field("refusals").children) {
      button.setAttribute("aria-pressed", button.dataset.refusal === id);
    }
    route.write("/handshake", { refusal: id });
    field("refusal-problem").textContent = "";
    place.dataset.state = "running";
    const mine = ++asked;
    try {
      const answer = await play({ request, steps: [] });
      if (mine !== asked) {
        return; // another one is pressed
      }
      drawExchange(place, answer, { marked: ["HTTP/1.1 ", "Sec-WebSocket-Version: 13", "Allow", "Upgrade"], wrong });
      const status = answer.response.split(" ")[1];
      Object.assign(place.dataset, { state: "done", refusal: id, status });
      announce(`${title}: ${status}`);
    } catch (error) {
      if (mine !== asked) {
        return;
      }
      place.dataset.state = "failed";
      field("refusal-problem").textContent = error instanceof TypeError ? "No answer: is the server running?" : error.message;
    }
  }

  for (const refusal of refusals) {
    const button = element("button", { type: "button", textContent: refusal.title });
    button.dataset.refusal = refusal.id;
    button.setAttribute("aria-pressed", false);
    button.addEventListener("click", () => refuse(refusal));
    field("refusals").append(button);
  }
  section.querySelector("[data-action=handshake]").addEventListener("click", open);
  select.addEventListener("change", () => show(handshakes.get(select.value)));
  drawDerivation(field("accept-example"), "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  new Stream(section).addEventListener("batch", take);

  return (params) => {
    if (!opened) {
      opened = true;
      open(); // one at least
    }
    const linked = refusals.find(({ id }) => id === params.get("refusal"));
    if (linked) {
      refuse(linked);
    }
  };
}
