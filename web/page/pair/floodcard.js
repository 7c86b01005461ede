// The form that starts a flood, and its result: the columns one after the other, so that neither disturbs the other.

import { announce } from "../announce.js";
import { formatCount } from "../bytes.js";
import { readWhole } from "../number.js";
import { flood } from "./flood.js";

const most = 16 << 20; // bytes in flight

export function floodCard(form, columns, openColumn) {
  let running = null; // an AbortController
  const start = form.querySelector("[data-action=flood]");
  const stop = form.querySelector("[data-action=flood-stop]");
  const rates = new Map(); // by column key

  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    if (running) {
      return;
    }
    const chosen = form.elements.columns.value;
    problem("");
    try {
      const settings = read(form);
      begin();
      for (const column of columns.filter(({ key }) => chosen === "both" || chosen === key)) {
        await run(column, settings).catch((error) => problem(error.message)); // the other can still show its rate
      }
      announce(summary());
    } catch (error) {
      problem(error.message);
    } finally {
      end();
    }
  });
  stop.addEventListener("click", () => running?.abort());

  function begin() {
    running = new AbortController();
    rates.clear();
    form.dataset.state = "running";
    start.ariaDisabled = true;
    stop.ariaDisabled = false;
    show();
  }

  function end() {
    running = null;
    form.dataset.state = "done";
    start.ariaDisabled = false;
    stop.ariaDisabled = true;
    show();
  }

  async function run(column, settings) {
    if (running.signal.aborted) {
      return;
    }
    if (column.canOpen) {
      openColumn(column);
    }
    await settled(column);
    if (column.state !== "open" || column.endpoint !== "/echo") {
      throw new Error(column.blocked ? `${column.title}: ${column.blocked}` : `${column.title}: a flood needs a connection to /echo`);
    }
    rates.set(column.key, null);
    show();
    const { rate } = await flood(column, { ...settings, signal: running.signal });
    rates.set(column.key, rate);
    show();
  }

  function show() {
    const fastest = Math.max(...rates.values(), 1);
    for (const { key } of columns) {
      const rate = rates.get(key);
      const result = form.querySelector(`[data-result=${key}]`);
      result.classList.toggle("running", rate === null);
      result.querySelector(".share").style.setProperty("--share", (rate ?? 0) / fastest);
      const output = result.querySelector("output");
      output.dataset.rate = rate ?? "";
      output.textContent = rate === null ? "…" : rate === undefined ? "–" : `${perSecond(rate)} / s`;
    }
    const ratio = rates.get("go") / rates.get("js");
    const output = form.querySelector("[data-field=flood-ratio]");
    const known = rates.get("go") > 0 && rates.get("js") > 0;
    output.dataset.ratio = known ? ratio : "";
    output.textContent = known ? ratio.toFixed(2) : "–";
  }

  function summary() {
    return columns
      .filter(({ key }) => rates.get(key))
      .map(({ key, title }) => `${title}: ${perSecond(rates.get(key))} messages a second`)
      .join(", ");
  }

  function problem(text) {
    form.querySelector("[data-field=flood-problem]").textContent = text;
  }
}

function read(form) {
  const [size, inflight, seconds] = ["size", "inflight", "seconds"].map((name) => readWhole(form.elements[name]));
  if (size * inflight > most) {
    throw new Error("Size times messages in flight: at most 16 MiB");
  }
  return { size, inflight, seconds };
}

// settled waits until the column is neither connecting nor closing.
function settled(column) {
  return new Promise((resolve) => {
    const check = () => {
      if (column.state !== "connecting" && column.state !== "closing") {
        column.removeEventListener("state", check);
        resolve();
      }
    };
    column.addEventListener("state", check);
    check();
  });
}

function perSecond(rate) {
  return formatCount(Math.round(rate));
}
