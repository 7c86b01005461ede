// A plot of one figure of all transports over the last minute. The vertical scale is logarithmic: they are far apart.

import { element } from "../element.js";
import uPlot from "../vendor/uplot/uPlot.esm.js";

document.head.append(element("link", { rel: "stylesheet", href: new URL("../vendor/uplot/uPlot.min.css", import.meta.url) }));

const span = 60; // seconds
const height = 240;

export class Plot {
  #plot;
  #data;

  // transports are those of transports.js; format writes a value of the axis.
  constructor(root, transports, format) {
    const ink = palette(root, () => this.#plot.redraw(false, true));
    const axis = { stroke: () => ink("--soft"), grid: { stroke: () => ink("--line"), width: 1 }, ticks: { stroke: () => ink("--line"), width: 1 } };
    this.#data = [[], ...transports.map(() => [])];
    this.#plot = new uPlot(
      {
        width: root.clientWidth || 300,
        height,
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { time: false, range: (_, least, most) => [Math.max(0, (most ?? 0) - span), Math.max(span, most ?? 0)] },
          y: { distr: 3, range: (_, least, most) => decades(least, most) },
        },
        axes: [
          { ...axis, size: 32, values: (_, splits) => splits.map((v) => `${v} s`) },
          { ...axis, size: 72, values: (_, splits) => splits.map((v) => (v === 10 ** Math.round(Math.log10(v)) ? format(v) : "")) },
        ],
        series: [{}, ...transports.map(({ key, title, dash }) => ({ label: title, stroke: () => ink(`--${key}`), width: 2, dash, points: { show: false }, spanGaps: true }))],
      },
      this.#data,
      root,
    );
    new ResizeObserver(() => root.clientWidth > 0 && this.#plot.setSize({ width: root.clientWidth, height })).observe(root);
  }

  // add takes the values at a time, in seconds: one for each transport, null where there is none.
  add(time, values) {
    [time, ...values].forEach((value, i) => this.#data[i].push(value));
    while (this.#data[0][0] < time - span) {
      this.#data.forEach((each) => each.shift());
    }
    this.#plot.setData(this.#data);
  }

  clear() {
    this.#data.forEach((each) => (each.length = 0));
    this.#plot.setData(this.#data);
  }
}

// decades gives whole powers of ten around the values.
function decades(least, most) {
  if (!(least > 0)) {
    return [1, 100];
  }
  const from = Math.floor(Math.log10(least));
  return [10 ** from, 10 ** Math.max(from + 1, Math.ceil(Math.log10(most)))];
}

// palette gives a function from the name of a colour's token to the colour as it is now. changed is called when the colours are
// others: a canvas does not follow by itself.
function palette(root, changed) {
  const probe = root.appendChild(element("span"));
  const known = new Map();
  const renew = () => {
    known.clear();
    changed();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", renew);
  new MutationObserver(renew).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return (token) => {
    if (!known.has(token)) {
      probe.style.color = `var(${token})`;
      known.set(token, getComputedStyle(probe).color);
    }
    return known.get(token);
  };
}
