// The view at #/why: the same feed by five transports.

import { announce } from "../announce.js";
import { formatCount } from "../bytes.js";
import { paced } from "../pace.js";
import * as route from "../route.js";
import { Run } from "./run.js";
import { Setup } from "./setup.js";
import { formatBytes, formatLatency, Table } from "./table.js";
import { transports } from "./transports.js";

// mount fills the view's section and gives the function that applies the parameters of a deep link.
export function mount(section) {
  const field = (name) => section.querySelector(`[data-field=${name}]`);
  const form = section.querySelector("#why-setup");
  const stop = section.querySelector("[data-action=why-stop]");
  const setup = new Setup(form, transports);
  const table = new Table(section.querySelector("#why-table"), transports);
  const run = new Run(transports);
  const plots = drawPlots(section);
  const draw = paced(() => {
    table.show(run.lanes);
    field("published").textContent = formatCount(run.published);
  }, 100);
  let drawing = 0;

  function start() {
    problem("");
    try {
      const settings = setup.read();
      plots.clear();
      run.start(settings);
      look();
    } catch (error) {
      problem(error.message);
    }
  }

  function problem(text) {
    field("why-problem").textContent = text;
  }

  // A view that nobody sees holds no connection.
  function look() {
    if (section.hidden || document.hidden) {
      run.pause();
    } else {
      run.resume();
    }
  }

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (!run.active) {
      start();
    }
  });
  stop.addEventListener("click", () => run.stop());
  section.querySelector("[data-action=why-copy]").addEventListener("click", () => copy(table, field("copied")));
  document.addEventListener("visibilitychange", look);
  route.onchange(look);

  let before = run.state;
  run.addEventListener("change", () => {
    form.dataset.state = run.state;
    problem(run.problem);
    form.querySelector("[data-action=why-start]").ariaDisabled = run.active;
    stop.ariaDisabled = !run.active;
    clearInterval(drawing);
    drawing = run.active ? setInterval(draw, 250) : 0;
    draw();
    if (run.state !== before && (run.state === "running" || run.state === "done")) {
      announce(run.state === "running" ? "The feed is published" : `Done. ${summary(run.lanes)}`);
    }
    before = run.state;
    if (run.state === "paused") {
      look();
    }
  });
  run.addEventListener("sample", () => run.state === "running" && plots.add(run)); // what comes at the end is too little for a median

  return (params) => {
    setup.apply(params);
    if (params.get("run") === "on" && !run.active) {
      start();
    }
  };
}

// drawPlots draws when the library has come, which is longer than all the rest: nothing else waits for it.
function drawPlots(section) {
  let latency = null;
  let bytes = null;
  const before = new WeakMap(); // by lane: what it had received and cost at the last sample
  import("./plot.js").then(({ Plot }) => {
    latency = new Plot(section.querySelector("#why-latency"), transports, formatLatency);
    bytes = new Plot(section.querySelector("#why-bytes"), transports, formatBytes);
  }).catch((error) => {
    for (const root of section.querySelectorAll(".plot")) {
      root.textContent = `The plots cannot be drawn (${error.message}). The table below has the figures.`;
    }
  });

  // sample gives the latency and the bytes of each message since the last sample.
  function sample(lane) {
    const { arrivals, cost } = lane;
    const last = before.get(lane) ?? { messages: 0, bytes: 0 };
    before.set(lane, { messages: arrivals.messages, bytes: cost.bytes });
    const median = arrivals.recent.quantile(0.5);
    arrivals.recent.clear();
    const messages = arrivals.messages - last.messages;
    return { median, each: messages > 0 && cost.bytes !== null ? (cost.bytes - last.bytes) / messages : null };
  }

  return {
    add(run) {
      const seconds = (performance.now() - run.began) / 1000;
      const samples = transports.map(({ key }) => {
        const lane = run.lanes.find((each) => each.key === key);
        return lane ? sample(lane) : { median: null, each: null };
      });
      latency?.add(seconds, samples.map(({ median }) => median));
      bytes?.add(seconds, samples.map(({ each }) => each || null));
    },
    clear() {
      latency?.clear();
      bytes?.clear();
    },
  };
}

async function copy(table, output) {
  const text = table.text();
  try {
    await navigator.clipboard.writeText(text);
    output.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(document.getElementById("why-table")); // browsers give the clipboard to secure pages only
    output.textContent = "This browser does not let the page copy: the table is selected, copy it yourself";
  }
  announce(output.textContent);
}

function summary(lanes) {
  return lanes
    .filter(({ state }) => state !== "missing")
    .map(({ title, arrivals }) => `${title}: ${formatLatency(arrivals.all.quantile(0.5))}, ${formatCount(arrivals.lost)} lost`)
    .join("; ");
}
