// The lines of the log: frames, and what else happens on a connection. The page's own direction counts: out is to the
// server. What a line says is worked out when it is drawn; most never are.

import { formatCount, parseHex } from "../bytes.js";
import { isControl, opcodeName, preview, read } from "./frame.js";

const limit = 80; // code units of a payload in a line

class Entry {
  direction = "event";
  type = "info";
  size = null;
  whole = true;
  shows = null; // the entry of the frame to be drawn
  group = null; // the fragments to be drawn: the message that the frame is a part of

  constructor(event) {
    this.event = event;
    this.connection = event.connection;
    this.time = event.time;
  }
}

class FrameEntry extends Entry {
  constructor(event) {
    super(event);
    this.shows = this;
    const opcode = parseInt(event.frame.wire.slice(1, 2), 16);
    this.direction = event.frame.sent ? "in" : "out";
    this.type = opcode === 0 ? "cont" : isControl(opcode) || opcode < 3 ? opcodeName(opcode).split(" ")[0] : "reserved";
    this.size = event.frame.length;
  }

  get frame() {
    return read(parseHex(this.event.frame.wire));
  }

  get violation() {
    return this.event.frame.violation;
  }

  get content() {
    const { frame } = this;
    if (!frame) {
      return `${this.connection} cut off`;
    }
    const bits = [!frame.fin && "FIN=0", frame.rsv1 && "RSV1", frame.rsv2 && "RSV2", frame.rsv3 && "RSV3"].filter(Boolean);
    return [this.connection, this.group?.bracket(this) ?? "", ...bits, preview(frame, this.group?.fragments[0].frame ?? frame).slice(0, limit)].filter((part) => part !== "").join(" ");
  }
}

class Note extends Entry {
  constructor(event, content, type = "info") {
    super(event);
    this.content = `${event.connection} ${content}`;
    this.type = type;
  }
}

// A Group is the fragments of one message, and the control frames between them.
export class Group {
  fragments = [];
  between = []; // with the fragments, in order
  message = null; // what it is as a whole

  bracket(entry) {
    if (this.fragments.length < 2 && this.fragments[0].frame?.fin !== 0) {
      return "";
    }
    const i = this.fragments.indexOf(entry);
    return i < 0 ? "│" : i === 0 ? "┌" : entry.frame?.fin ? "└" : "├";
  }
}

const most = 256; // fragments of a group that are remembered

// An Entries makes the lines of events, and sees which frames belong together.
export class Entries {
  #open = new Map(); // by connection and direction: the group of an unfinished message
  #last = new Map(); // the same: the group of the last message

  make(event) {
    if (event.frame) {
      const entry = new FrameEntry(event);
      this.#join(entry);
      return event.frame.violation ? [entry, wrong(entry)] : [entry];
    }
    if (event.message) {
      return [this.#message(event)];
    }
    if (event.open) {
      return [new Note(event, `opened ${withoutToken(event.open.target)}`)];
    }
    for (const sent of [true, false]) {
      this.#open.delete(`${event.connection} ${sent}`);
      this.#last.delete(`${event.connection} ${sent}`);
    }
    const { by, layer, code, reason } = event.end;
    const parts = [code, reason && `“${reason}”`, `by ${who(by)}`, layer];
    return [new Note(event, `ended: ${parts.filter(Boolean).join(" · ")}`, layer === "closing handshake" ? "info" : "problem")];
  }

  // clear forgets what is unfinished: events are missing from here on.
  clear() {
    this.#open.clear();
    this.#last.clear();
  }

  #join(entry) {
    const key = `${entry.connection} ${Boolean(entry.event.frame.sent)}`;
    const first = parseInt(entry.event.frame.wire.slice(0, 2), 16);
    const [fin, control] = [first >= 0x80, isControl(first & 15)];
    let group = this.#open.get(key);
    if (!group) {
      if (control) {
        return;
      }
      group = new Group();
    }
    entry.group = group;
    if (group.between.length < most) {
      group.between.push(entry);
    }
    if (control) {
      return;
    }
    group.fragments.push(entry);
    if (group.fragments.length > most) {
      group.fragments.splice(1, 1);
    }
    if (fin) {
      this.#open.delete(key);
      this.#last.set(key, group);
    } else {
      this.#open.set(key, group);
    }
  }

  #message(event) {
    const { sent, opcode, fragments, size, wire, compressed } = event.message;
    const group = this.#last.get(`${event.connection} ${Boolean(sent)}`) ?? null;
    if (group) {
      group.message = event.message;
    }
    const parts = [`${opcode} message, ${formatCount(size)} bytes`];
    if (fragments > 1) {
      parts.push(sent ? `sent in ${fragments} fragments` : `joined from ${fragments} fragments`);
    }
    if (compressed) {
      parts.push(sent ? `deflated to ${formatCount(wire)} on the wire` : `inflated from ${formatCount(wire)} on the wire`);
    }
    const note = new Note(event, parts.join(", "));
    note.group = group;
    return note;
  }
}

function wrong(entry) {
  const { code, rule, section } = entry.violation;
  const note = new Note(entry.event, `breaks a rule: ${rule} (${section}); answered with ${code}`, "problem");
  return Object.assign(note, { shows: entry, group: entry.group });
}

export function who(party) {
  return { local: "the server", peer: "the client", network: "the network" }[party] ?? party;
}

function withoutToken(target) {
  return target.replace(/([?&])wire=[^&]*&?/, "$1").replace(/[?&]$/, "");
}
