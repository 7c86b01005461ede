// The view at #/composer: frames built by hand, also wrong ones, received by the server's side of the library.

import { announce } from "../announce.js";
import { formatCount, formatHex } from "../bytes.js";
import { element } from "../element.js";
import * as route from "../route.js";
import { drawFrame } from "./figure.js";
import { read } from "./frame.js";
import { drawOutcome, reported, summary } from "./outcome.js";
import { bytesOf, play } from "./play.js";
import { groups, presets } from "./presets.js";
import { Steps } from "./steps.js";

export function mount(section) {
  const field = (name) => section.querySelector(`[data-field=${name}]`);
  const form = section.querySelector("#compose");
  const { preset, serve, deflate, secure } = form.elements;
  const steps = new Steps(field("steps"), document.getElementById("step"));
  const outcome = field("outcome");
  let applied = false;
  let choices = 0; // of presets, so far

  for (const group of groups) {
    const options = element("optgroup", { label: group.title });
    options.append(...group.presets.map(({ id, title }) => element("option", { value: id, textContent: title })));
    preset.append(options);
  }

  function choose(id) {
    const chosen = presets.get(id) ?? presets.values().next().value;
    choices++;
    preset.value = chosen.id;
    serve.value = chosen.serve ?? "";
    deflate.checked = Boolean(chosen.deflate);
    secure.checked = Boolean(chosen.secure);
    steps.value = chosen.steps;
    field("rule").textContent = `${chosen.section}. The server should report ${chosen.code}.`;
    outcome.hidden = true;
    outcome.dataset.state = "idle";
    preview(steps.value.find((step) => step.do === "frame"));
    route.write("/composer", { preset: chosen.id });
  }

  // own says that this is no preset any more.
  function own() {
    preset.value = "";
    field("rule").textContent = "Composed by hand.";
    route.write("/composer", {});
  }

  function preview(step) {
    const place = field("preview");
    problem("");
    if (!step || (step.do !== "frame" && step.do !== "bytes")) {
      return;
    }
    try {
      const bytes = bytesOf(step);
      const beginning = formatHex(bytes.subarray(0, 32));
      const frame = read(bytes);
      place.replaceChildren(element("p", { className: "note code", textContent: `${formatCount(bytes.length)} bytes: ${beginning}${bytes.length > 32 ? " …" : ""}` }),
        ...(frame ? [drawFrame(frame)] : []));
    } catch (error) {
      problem(error.message);
    }
  }

  function problem(text) {
    field("compose-problem").textContent = text;
  }

  async function start() {
    const button = form.querySelector("[data-action=play]");
    if (button.ariaDisabled === "true") {
      return;
    }
    button.ariaDisabled = "true";
    outcome.dataset.state = "running";
    problem("");
    const choice = choices;
    try {
      const answer = await play({ serve: serve.value, deflate: deflate.checked, secure: secure.checked, steps: steps.value });
      if (choice === choices) { // another preset has no outcome yet
        show(answer);
      }
    } catch (error) {
      if (choice === choices) {
        outcome.hidden = true;
        outcome.dataset.state = "failed";
        problem(error instanceof TypeError ? "No answer: is the server running?" : error.message);
      }
    }
    button.ariaDisabled = "false";
  }

  function show(answer) {
    const { server, client } = summary(answer);
    outcome.hidden = false;
    drawOutcome(answer, { client: field("client-side"), server: field("server-side"), figure: field("outcome-figure") });
    field("server-report").textContent = `Reports ${reported(server)}`;
    field("client-report").textContent = `Sees ${client.text}. A browser would report ${client.code}.`;
    Object.assign(outcome.dataset, { state: "done", code: server?.code ?? "", layer: server?.layer ?? "", client: client.code });
    announce(`Played. The server reports ${reported(server)}`);
  }

  form.addEventListener("submit", (e) => {
    e.preventDefault();
    start();
  });
  form.addEventListener("change", ({ target }) => {
    if (target === preset && preset.value) {
      choose(preset.value);
    } else if ([serve, deflate, secure].includes(target)) {
      own();
    }
  });
  steps.addEventListener("change", own);
  steps.addEventListener("choose", ({ detail }) => preview(detail));
  for (const kind of ["frame", "bytes", "wait", "end"]) {
    form.querySelector(`[data-action=add-${kind}]`).addEventListener("click", () => steps.add(kind));
  }

  return (params) => {
    if (!applied || params.has("preset")) {
      applied = true;
      choose(params.get("preset"));
    }
  };
}
