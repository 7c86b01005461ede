// A frame drawn as RFC 6455 §5.2 draws it, with its actual bits. Each field explains itself when it is chosen with the
// keyboard, touched or pointed at.

import { formatHex } from "../bytes.js";
import { element } from "../element.js";
import { explain, labels } from "./explain.js";
import { drawPayload } from "./payload.js";

// drawFrame gives the figure of a frame; violation is what is wrong with it, if anything.
export function drawFrame(frame, violation = null) {
  const grid = element("div", { className: "bits", role: "group", ariaLabel: "The frame, bit by bit. Arrow keys go from field to field." });
  const note = element("p", { className: "meaning", ariaLive: "polite" });
  const heads = ["+0 … 7", "+8 … 15", "+16 … 23", "+24 … 31"].map((textContent) => element("span", { className: "scale", textContent, ariaHidden: "true" }));
  grid.append(...heads, ...cells(frame, violation));
  explainOnChoice(grid, note, frame, violation);
  const root = element("div", { className: "frame" });
  root.append(grid, note, drawPayload(frame, violation));
  return root;
}

function cells(frame, violation) {
  const bits = (n, width) => n.toString(2).padStart(width, "0");
  const all = [
    cell("fin", 1, bits(frame.fin, 1)),
    cell("rsv1", 1, bits(frame.rsv1, 1)),
    cell("rsv2", 1, bits(frame.rsv2, 1)),
    cell("rsv3", 1, bits(frame.rsv3, 1)),
    cell("opcode", 4, bits(frame.opcode, 4)),
    cell("mask", 1, frame.masked ? "1" : "0"),
    cell("length", 7, bits(frame.short, 7)),
    ...octets("extended", frame.extended),
    ...octets("key", frame.key),
    cell("payload", 0, explain("payload", frame).value),
  ];
  const seen = new Set();
  for (const each of all) {
    const { field } = each.dataset;
    each.dataset.wrong = Boolean(violation?.fields.includes(field));
    if (seen.has(field)) { // the first one speaks for all
      each.tabIndex = -1;
      each.ariaHidden = "true";
      each.firstChild.textContent = "";
      continue;
    }
    seen.add(field);
    const { value } = explain(field, frame, violation);
    each.tabIndex = seen.size === 1 ? 0 : -1;
    const spoken = element("span", { className: "visually-hidden", textContent: `: ${value}${each.dataset.wrong === "true" ? ", breaks a rule" : ""}` });
    for (const drawn of [...each.children].slice(1)) {
      drawn.ariaHidden = "true"; // what is spoken has it as a number
    }
    each.append(spoken);
  }
  return all;
}

function cell(field, width, bits, hex = "") {
  const button = element("button", { type: "button", className: "field" });
  button.dataset.field = field;
  button.dataset.width = width || "all";
  button.append(element("span", { className: "name", textContent: labels[field] }), element("span", { className: "value", textContent: bits }));
  if (hex) {
    button.append(element("span", { className: "hex", textContent: hex }));
  }
  return button;
}

function octets(field, bytes) {
  return Array.from(bytes ?? [], (b) => cell(field, 8, b.toString(2).padStart(8, "0"), formatHex([b])));
}

function explainOnChoice(grid, note, frame, violation) {
  const spoken = () => [...grid.querySelectorAll(".field:not([aria-hidden=true])")];
  const choose = (field) => {
    for (const each of grid.querySelectorAll(".field")) {
      each.dataset.chosen = each.dataset.field === field;
    }
    const { value, meaning } = explain(field, frame, violation);
    note.replaceChildren(element("b", { textContent: `${labels[field]} ${value}` }), ` ${meaning}`);
  };
  for (const name of ["focusin", "pointerover", "click"]) {
    grid.addEventListener(name, (e) => {
      const field = e.target.closest(".field")?.dataset.field;
      if (field) {
        choose(field);
      }
    });
  }
  grid.addEventListener("keydown", (e) => {
    const all = spoken();
    const now = all.findIndex((each) => each.dataset.field === e.target.dataset.field);
    const to = { ArrowLeft: now - 1, ArrowUp: now - 1, ArrowRight: now + 1, ArrowDown: now + 1, Home: 0, End: all.length - 1 }[e.key];
    if (to === undefined) {
      return;
    }
    e.preventDefault();
    for (const each of all) {
      each.tabIndex = -1;
    }
    const next = all.at(to % all.length);
    next.tabIndex = 0;
    next.focus();
  });
  choose(violation?.fields[0] ?? "opcode");
}
