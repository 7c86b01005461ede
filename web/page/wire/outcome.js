// What came of a composition: what the client did and saw, and what the server saw and did.

import { formatCount, formatHex, parseHex } from "../bytes.js";
import { element } from "../element.js";
import { Entries, who } from "./entry.js";
import { drawFrame } from "./figure.js";
import { opcodeName, preview, read, split } from "./frame.js";
import { drawMessage } from "./message.js";

const shown = 200; // lines of each side

// summary gives what each side reports in the end: {server: {code, …} or null, client: {code, text}}.
export function summary({ server, client }) {
  const end = server.find((event) => event.end)?.end ?? null;
  const received = split(join(client.filter((s) => s.by === "server" && s.what === "bytes"))).map(read);
  const close = received.find((frame) => frame?.opcode === 8);
  const code = !close ? 1006 : close.plain.length < 2 ? 1005 : (close.plain[0] << 8) | close.plain[1];
  const last = client.findLast((s) => s.by === "server" && s.what !== "bytes");
  const parts = [close ? `Close ${preview(close)}`.trim() : "no Close frame", last && `then ${last.what}`];
  return { server: end, client: { code, text: parts.filter(Boolean).join(", ") } };
}

// drawOutcome fills the lists of both sides, and draws a frame when its line is pressed.
export function drawOutcome(answer, { client, server, figure }) {
  const entries = new Entries();
  const lines = answer.server.flatMap((event) => entries.make(event)); // all of them first: what belongs together is known then
  server.replaceChildren(...limited(lines, (entry) => serverLine(entry, figure)));
  client.replaceChildren(...limited(clientLines(answer.client), clientLine));
  const telling = lines.find((entry) => entry.shows?.violation) ?? lines.find((entry) => entry.shows);
  show(telling, figure);
  for (const button of server.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", button.entry === telling);
  }
}

function show(entry, figure) {
  const frame = entry?.shows?.frame;
  figure.replaceChildren(...drawMessage(entry?.group), ...(frame ? [drawFrame(frame, entry.shows.violation)] : []));
}

function limited(lines, draw) {
  const drawn = lines.slice(0, shown).map(draw);
  if (lines.length > shown) {
    drawn.push(element("li", { className: "note", textContent: `and ${formatCount(lines.length - shown)} more` }));
  }
  return drawn;
}

function serverLine(entry, figure) {
  const item = element("li");
  item.dataset.type = entry.type;
  const arrow = { out: "received", in: "sent", event: "" }[entry.direction];
  const text = entry.content.replace(/^\d+ /, ""); // the number of the connection: there is only one
  if (!entry.shows && !entry.group) {
    item.textContent = text;
    return item;
  }
  const button = element("button", { type: "button", className: "quiet", entry });
  button.setAttribute("aria-pressed", false);
  button.append(element("b", { textContent: [arrow, entry.direction === "event" ? "" : entry.type].join(" ").trim() }), ` ${text}`);
  button.addEventListener("click", () => {
    for (const each of item.parentElement.querySelectorAll("button")) {
      each.setAttribute("aria-pressed", each === button);
    }
    show(entry, figure);
  });
  item.append(button);
  return item;
}

// clientLines takes the bytes that were received apart into frames: how they were cut on the way says nothing.
function clientLines(sights) {
  const lines = [];
  let received = [];
  const flush = () => {
    for (const bytes of split(join(received))) {
      const frame = read(bytes);
      lines.push({ by: "server", text: frame ? `${opcodeName(frame.opcode)} ${preview(frame).slice(0, 80)}` : formatHex(bytes) });
    }
    received = [];
  };
  const whole = () => split(join(received)).map(read).every((frame) => frame && frame.length === frame.payload.length);
  for (const sight of sights) {
    if (sight.what === "bytes" && sight.by === "server") {
      received.push(sight);
      continue;
    }
    if (sight.by === "server" || whole()) {
      flush();
    }
    lines.push(sight.what === "bytes" ? { by: "client", text: bytesLine(sight) } : { by: sight.by, text: sight.what });
  }
  flush();
  return lines;
}

function bytesLine({ bytes }) {
  const count = bytes.length / 2;
  const beginning = formatHex(parseHex(bytes.slice(0, 64)));
  return `${formatCount(count)} bytes: ${beginning}${count > 32 ? " …" : ""}`;
}

function clientLine({ by, text }) {
  const item = element("li");
  item.dataset.by = by;
  item.append(element("b", { textContent: by === "client" ? "sent" : "received" }), ` ${text}`);
  return item;
}

function join(sights) {
  return parseHex(sights.map((s) => s.bytes).join(""));
}

// reported says in a sentence what the server reports.
export function reported(end) {
  if (!end) {
    return "nothing: the handshake was refused";
  }
  const { code, reason, by, layer, text } = end;
  const quoted = text.includes(reason) ? "" : ` “${reason}”`; // also for none
  return `${code}${quoted}, by ${who(by)}, ${layer}: ${text.replace(/^websocket: /, "")}`;
}
