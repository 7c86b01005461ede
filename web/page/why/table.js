// The table that sums a run up, and its text for the clipboard.

import { formatCount, formatSize } from "../bytes.js";
import { element } from "../element.js";

const columns = [
  { name: "arrived", title: "Arrived", value: ({ arrivals }) => formatCount(arrivals.messages) },
  { name: "median", title: "Latency, median", value: ({ arrivals }) => formatLatency(arrivals.all.quantile(0.5)) },
  { name: "slow", title: "95% within", value: ({ arrivals }) => formatLatency(arrivals.all.quantile(0.95)) },
  { name: "each", title: "Wire bytes per message", value: (lane) => formatBytes(lane.perMessage) },
  { name: "bytes", title: "Wire bytes in all", value: ({ cost }) => (cost.bytes === null ? "–" : formatSize(cost.bytes)) },
  { name: "requests", title: "Requests", value: ({ cost }) => formatCount(cost.requests) },
  { name: "unmodified", title: "Answered 304", value: ({ cost }) => formatCount(cost.notModified) },
  { name: "lost", title: "Lost", value: ({ arrivals }) => formatCount(arrivals.lost) },
  { name: "disordered", title: "Out of order", value: ({ arrivals }) => formatCount(arrivals.disordered) },
];
const states = { off: "not connected", connecting: "connecting", open: "open", cut: "cut", missing: "not in this browser" };

export class Table {
  #rows = new Map(); // by transport

  constructor(table, transports) {
    const head = table.createTHead().insertRow();
    head.append(header("col", "Transport"), ...columns.map(({ title }) => header("col", title)));
    const body = table.createTBody();
    for (const { key, title, dash } of transports) {
      const row = body.insertRow();
      row.dataset.transport = key;
      const name = header("row", "");
      name.append(sample(dash), title);
      const state = element("span", { className: "note" });
      state.dataset.field = "state";
      name.append(state);
      row.append(name);
      for (const { name } of columns) {
        row.insertCell().dataset.field = name;
      }
      this.#rows.set(key, row);
    }
    this.show([]);
  }

  show(lanes) {
    for (const [key, row] of this.#rows) {
      const lane = lanes.find((each) => each.key === key);
      const state = lane?.state ?? "off";
      row.dataset.state = state;
      put(row.querySelector("[data-field=state]"), lane?.problem || states[state]);
      for (const { name, value } of columns) {
        put(row.querySelector(`td[data-field=${name}]`), lane && state !== "missing" ? value(lane) : "–");
      }
    }
  }

  // text is the table as Markdown has it, which is legible as it is.
  text() {
    const lines = [["Transport", ...columns.map(({ title }) => title)]];
    for (const row of this.#rows.values()) {
      lines.push([...row.cells].map((cell, i) => (i === 0 ? cell.childNodes[1].data : cell.textContent)));
    }
    const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
    const format = (line) => `| ${line.map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i]))).join(" | ")} |`;
    const rule = `|${widths.map((width, i) => (i === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
    return [format(lines[0]), rule, ...lines.slice(1).map(format)].join("\n") + "\n";
  }
}

export function formatLatency(milliseconds) {
  if (milliseconds === null) {
    return "–";
  }
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : formatCount(Math.round(milliseconds))} ms`;
}

export function formatBytes(bytes) {
  return bytes === null ? "–" : formatCount(Math.round(bytes));
}

function header(scope, text) {
  return element("th", { scope, textContent: text });
}

// sample is a piece of the line that stands for a transport in the plots.
function sample(dash) {
  const svg = document.getElementById("sample-line").content.cloneNode(true).firstElementChild;
  svg.firstElementChild.setAttribute("stroke-dasharray", dash.join(" "));
  return svg;
}

// put changes the document only where something has changed.
function put(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
