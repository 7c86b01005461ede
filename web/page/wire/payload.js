// A payload as it is on the wire and, if it is masked, unmasked beside it, in hexadecimal and as text.

import { formatCount, formatHex } from "../bytes.js";
import { element } from "../element.js";

const width = 8; // bytes in a line: twice the masking key
const shown = 256; // bytes

export function drawPayload(frame, violation) {
  const { payload, plain, key, length } = frame;
  const root = element("div", { className: "payload" });
  if (payload.length === 0) {
    return root;
  }
  const wrong = violation?.fields.includes("payload") ? firstWrong(frame) : -1;
  if (key) {
    root.append(dump("masked", "On the wire, masked", payload, -1));
  }
  root.append(dump("plain", key ? "Unmasked" : "On the wire", plain, wrong));
  const here = Math.min(shown, payload.length);
  if (length === null || length > here) {
    root.append(element("p", { className: "note", textContent: `The first ${formatCount(here)} of ${formatCount(length ?? "?")} bytes.` }));
  }
  return root;
}

function dump(kind, title, bytes, wrong) {
  const figure = element("figure", { className: "dump" });
  figure.dataset.dump = kind;
  const pre = element("pre", { className: "code", tabIndex: 0, ariaLabel: title });
  for (let at = 0; at < Math.min(bytes.length, shown); at += width) {
    const line = bytes.subarray(at, at + width);
    const before = wrong >= at && wrong < at + width ? wrong - at : -1;
    const digits = formatHex(line).split(" ");
    if (before < 0) {
      pre.append(digits.join(" "));
    } else {
      pre.append(digits.slice(0, before).map((d) => d + " ").join(""), element("mark", { textContent: digits[before] }),
        digits.slice(before + 1).map((d) => " " + d).join(""));
    }
    pre.append(" ".repeat(3 * (width - line.length) + 3), element("span", { className: "text", textContent: visible(line) }), "\n");
  }
  figure.append(element("figcaption", { className: "note", textContent: title }), pre);
  return figure;
}

function visible(bytes) {
  return Array.from(bytes, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "·")).join("");
}

// firstWrong is where the text of a frame stops to be UTF-8; in a Close frame it begins after the status code.
function firstWrong({ opcode, plain }) {
  if (opcode === 8 && plain.length <= 2) {
    return 0;
  }
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const begin = opcode === 8 ? 2 : 0;
  for (let i = begin; i < plain.length; i++) {
    try {
      decoder.decode(plain.subarray(i, i + 1), { stream: true });
    } catch {
      return i;
    }
  }
  return opcode === 8 ? 0 : plain.length - 1; // the code, or what is cut off at the end
}
