// One line of a log. It keeps the beginning of a message, never the message: 10,000 of them stay small.

import { beginning, formatHex, formatSize, utf8Length } from "../bytes.js";

const textLimit = 1000; // code units
const binaryLimit = 256; // bytes

// message makes the entry for a message; direction is "out" or "in".
export function message(direction, data) {
  if (typeof data === "string") {
    const size = utf8Length(data);
    return { direction, type: "text", size, time: Date.now(), content: beginning(data, textLimit), whole: data.length <= textLimit };
  }
  const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength);
  const whole = bytes.length <= binaryLimit;
  return { direction, type: "binary", size: bytes.length, time: Date.now(), content: bytes.slice(0, binaryLimit), whole };
}

// event makes the entry for something that happened to the connection; level is "info" or "problem".
export function event(text, level = "info") {
  return { direction: "event", type: level, size: null, time: Date.now(), content: text, whole: true };
}

// line is an entry's content for one line of the log: of bytes the first few, or as many as limit says.
export function line(entry, limit = 48) {
  if (typeof entry.content === "string") {
    return entry.content;
  }
  return formatHex(entry.content.subarray(0, limit));
}

// spoken is what to say when a message has come.
export function spoken(entry) {
  return entry.type === "text" ? entry.content.slice(0, 100) : `binary, ${formatSize(entry.size)}`;
}

export function describe(entry) {
  const what = { out: "Sent", in: "Received", event: "Event" }[entry.direction];
  if (entry.size === null) {
    return `${what}, ${clock(entry.time)}`;
  }
  const kept = typeof entry.content === "string" ? `${entry.content.length} characters` : `${entry.content.length} bytes`;
  const part = entry.whole ? "" : `; its first ${kept}`;
  return `${what}, ${entry.type}, ${formatSize(entry.size)}, ${clock(entry.time)}${part}`;
}

// clock is the local time of day to the millisecond.
export function clock(time) {
  const t = new Date(time);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}.${String(t.getMilliseconds()).padStart(3, "0")}`;
}
