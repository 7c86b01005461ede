// A connection of the view's own, to have something to look at.

import * as javascript from "../connection/javascript.js";
import { tapped } from "./token.js";

const payloads = {
  hello: () => "Hello",
  deflated: () => "ha".repeat(150),
  long: () => random(70_000),
  fragments: () => random(300_000), // Chromium sends it in fragments
};

// random bytes cannot be made shorter by compression.
function random(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) { // as many as the browser gives at once
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  }
  return bytes;
}

export function talk(form) {
  const state = form.querySelector("[data-field=state]");
  const problem = form.querySelector("[data-field=talk-problem]");
  const button = (name) => form.querySelector(`[data-action=${name}]`);
  let connection = null;
  let burst = 0;

  function become(name, text = name) {
    state.dataset.state = name;
    state.textContent = text;
    const open = name === "open";
    button("wire-open").ariaDisabled = connection !== null;
    for (const each of ["wire-close", "wire-send", "burst", ...Object.keys(payloads)]) {
      button(each).ariaDisabled = !open;
    }
  }

  function open() {
    const url = new URL(form.elements.endpoint.value, location.href.replace(/^http/, "ws"));
    url.hash = "";
    problem.textContent = "";
    connection = javascript.open(tapped(url.href, "wire"), {
      subprotocols: [],
      onopen: () => become("open"),
      onmessage: () => {},
      onclose: (end) => {
        clearInterval(burst);
        connection = null;
        become("closed", `closed, ${end.code}`);
        problem.textContent = end.problem ?? "";
      },
    });
    become("connecting");
  }

  function send(data) {
    connection.send(data).catch((error) => (problem.textContent = error.message));
  }

  // A thousand messages in a second, a few at a time as timers allow.
  function thousand() {
    clearInterval(burst);
    let sent = 0;
    const begun = performance.now();
    burst = setInterval(() => {
      const due = Math.min(1000, performance.now() - begun);
      for (; sent < due; sent++) {
        send(`message ${sent + 1}`);
      }
      if (sent >= 1000) {
        clearInterval(burst);
      }
    }, 10);
  }

  const actions = {
    "wire-open": open,
    "wire-close": () => connection.close(1000, "bye"),
    burst: thousand,
    ...Object.fromEntries(Object.entries(payloads).map(([name, make]) => [name, () => send(make())])),
  };
  form.addEventListener("click", (e) => {
    const target = e.target.closest("[data-action]");
    const action = actions[target?.dataset.action];
    if (action && target.ariaDisabled !== "true") {
      action();
    }
  });
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    if (connection && state.dataset.state === "open") {
      send(form.elements.text.value);
      form.elements.text.value = "";
    }
  });
  become("idle", "not open");
}
