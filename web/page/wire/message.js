// A message drawn as its fragments, with the control frames that passed between them.

import { formatCount } from "../bytes.js";
import { element } from "../element.js";
import { isControl, preview } from "./frame.js";

const shown = 24; // fragments

// drawMessage gives the drawing of a group, or nothing if the message is one frame and not compressed.
export function drawMessage(group) {
  if (!group || (group.fragments.length < 2 && !group.message?.compressed)) {
    return [];
  }
  const root = element("div", { className: "message" });
  const list = element("ol", { ariaLabel: "The fragments of the message" });
  const first = group.fragments[0].frame;
  for (const { frame, type } of group.between.slice(0, shown)) {
    const item = element("li", { className: "part" });
    item.dataset.control = isControl(frame.opcode);
    item.append(element("b", { textContent: type }), ` ${preview(frame, first).slice(0, 40)}`);
    list.append(item);
  }
  if (group.between.length > shown) {
    list.append(element("li", { className: "part", textContent: `and ${formatCount(group.between.length - shown)} more` }));
  }
  root.append(list, element("p", { className: "whole", textContent: sum(group) }));
  return [root];
}

function sum({ fragments, message }) {
  const data = fragments.map(({ frame }) => frame);
  const readable = data[0].opcode === 1 && !data[0].rsv1 && data.every((f) => f.length === f.payload.length);
  const parts = [];
  if (readable) {
    const decoder = new TextDecoder();
    parts.push(`“${data.map((f) => decoder.decode(f.plain, { stream: true })).join("") + decoder.decode()}”`);
  }
  if (message) {
    parts.push(message.compressed ? `${formatCount(message.wire)} bytes on the wire, ${formatCount(message.size)} ${message.sent ? "before" : "inflated"}` : `${formatCount(message.size)} bytes`);
    parts.push(message.fragments > 1 ? `one message of ${formatCount(message.fragments)} fragments` : "one message of one frame");
  } else {
    parts.push(`${formatCount(fragments.length)} fragments${data.at(-1).fin ? "" : " so far"}`);
  }
  return parts.join(" · ");
}
