// One column: a connection, its state, its counts and its log. Both columns are this class; they differ in the
// open function they are given.

import { announce, announceReceived } from "../announce.js";
import { formatCount, formatSize } from "../bytes.js";
import { paced } from "../pace.js";
import * as entry from "./entry.js";
import { capacity, History } from "./history.js";
import { Log } from "./log.js";

const labels = { idle: "not open", connecting: "connecting", open: "open", closing: "closing", closed: "closed" };

// A "state" event follows each change of state, a "transfer" event the beginning and the end of a file. receivers
// are functions that see each message as it arrives.
export class Column extends EventTarget {
  state = "idle"; // idle, connecting, open, closing or closed
  endpoint = ""; // path of the connection, or of the last one
  receivers = new Set();

  #field;
  #connect;
  #connection = null;
  #blocked = "";
  #history = new History();
  #log;
  #sent = { messages: 0, bytes: 0 };
  #received = { messages: 0, bytes: 0 };
  #measured = { messages: 0, time: 0 }; // when the rate was last worked out
  #figures = paced(() => this.#drawFigures(), 100);

  constructor(root, { key, title, connect }) {
    super();
    this.root = root;
    this.key = key;
    this.title = title;
    this.#connect = connect;
    this.#field = (name) => root.querySelector(`[data-field=${name}]`);
    this.#log = new Log(this.#history, {
      grid: this.#field("log"),
      space: this.#field("rows"),
      detail: this.#field("detail"),
      prefix: key,
    });
    this.#field("log").ariaLabel = `${title}: log of messages`;
    const follow = this.action("follow");
    follow.addEventListener("click", () => this.#log.follow(!this.#log.following));
    this.#log.onfollow = (on) => follow.setAttribute("aria-pressed", on);
    setInterval(() => this.#measure(), 500);
    this.#show();
  }

  action(name) {
    return this.root.querySelector(`[data-action=${name}]`);
  }

  // blocked says why this column cannot open a connection at all; "" when it can.
  get blocked() {
    return this.#blocked;
  }

  set blocked(why) {
    this.#blocked = why;
    this.#show();
  }

  get bufferedAmount() {
    return this.#connection?.bufferedAmount ?? 0;
  }

  get canOpen() {
    return !this.#blocked && (this.state === "idle" || this.state === "closed");
  }

  get canClose() {
    return this.state === "connecting" || this.state === "open";
  }

  open(url, subprotocols) {
    if (!this.canOpen) {
      return;
    }
    this.endpoint = new URL(url).pathname;
    this.#note(`Opening ${url}`);
    this.#become("connecting", this.endpoint);
    const connection = this.#connect(url, {
      subprotocols,
      onopen: () => {
        const chosen = connection.subprotocol;
        this.#note(chosen ? `Open, with the subprotocol ${chosen}` : "Open");
        this.#become("open", chosen ? `${this.endpoint} · ${chosen}` : this.endpoint);
      },
      onmessage: (data) => this.#receive(data),
      onclose: (end) => this.#ended(end),
    });
    this.#connection = connection;
  }

  async close(...codeAndReason) {
    if (!this.canClose) {
      return;
    }
    const before = this.state;
    const status = this.#field("status").textContent;
    this.#become("closing", status);
    try {
      await this.#connection.close(...codeAndReason);
    } catch (error) {
      if (this.state === "closing") {
        this.#become(before, status); // refused: nothing has changed
      }
      throw error;
    }
  }

  // send resolves when there is room for another message, and rejects if this one was not sent.
  async send(data) {
    if (this.state !== "open") {
      throw new Error("Not open: press Open first");
    }
    const handed = this.#connection.send(data);
    this.#record("out", data, this.#sent);
    try {
      await handed;
    } catch (error) {
      this.#note(`Not sent: ${error.message}`, "problem");
      throw error;
    }
  }

  clear() {
    this.#history.clear();
    this.#log.clear();
    this.#draw();
  }

  // problem shows what went wrong with the last action, or with "" that nothing did.
  problem(text) {
    const field = this.#field("problem");
    if (text && text !== field.textContent) {
      announce(`${this.title}: ${text}`);
    }
    field.textContent = text;
  }

  #receive(data) {
    const message = this.#record("in", data, this.#received);
    for (const receiver of this.receivers) {
      receiver(data);
    }
    announceReceived(this.title, () => entry.spoken(message));
  }

  #ended(end) {
    const { code, reason, wasClean, by, layer, problem } = end;
    const parts = [`${code}`, wasClean ? "clean" : "not clean", reason && `“${reason}”`, by && `by ${by}`, layer];
    const summary = parts.filter(Boolean).join(" · ");
    this.#connection = null;
    this.#note(`Closed: ${summary}`, wasClean ? "info" : "problem");
    if (problem) {
      this.#note(problem, "problem");
    }
    const state = this.#field("state");
    Object.assign(state.dataset, { code, reason, clean: wasClean });
    this.#become("closed", summary);
  }

  #become(state, status) {
    this.state = state;
    const field = this.#field("state");
    if (state === "connecting") {
      for (const name of ["code", "reason", "clean"]) {
        delete field.dataset[name];
      }
    }
    field.dataset.state = state;
    field.textContent = labels[state];
    this.#field("status").textContent = status;
    if (state === "open" || state === "closed") {
      announce(`${this.title} ${state === "open" ? "open" : `closed, ${status}`}`);
    }
    this.#show();
    this.dispatchEvent(new Event("state"));
  }

  #show() {
    const open = this.action("open");
    open.ariaDisabled = !this.canOpen;
    open.textContent = this.state === "closed" ? "Reconnect" : "Open";
    this.action("close").ariaDisabled = !this.canClose;
    this.#draw();
  }

  #note(text, level) {
    this.#history.add(entry.event(text, level));
    this.#draw();
  }

  #record(direction, data, count) {
    const message = entry.message(direction, data);
    count.messages++;
    count.bytes += message.size;
    this.#history.add(message);
    this.#draw();
    return message;
  }

  #draw() {
    this.#log.draw();
    this.#figures();
  }

  #drawFigures() {
    this.#count("sent", this.#sent);
    this.#count("received", this.#received);
    this.#field("buffered").textContent = formatSize(this.bufferedAmount);
    const { length, end } = this.#history;
    const gone = end > capacity ? `, the last of ${formatCount(end)}` : "";
    this.#field("entries").textContent = length === 0 ? "no entries" : `${formatCount(length)} entries${gone}`;
  }

  #count(name, { messages, bytes }) {
    const field = this.#field(name);
    Object.assign(field.dataset, { messages, bytes });
    field.textContent = messages === 0 ? "0" : `${formatCount(messages)} · ${formatSize(bytes)}`;
  }

  #measure() {
    const time = performance.now();
    const { messages } = this.#received;
    const rate = Math.round(((messages - this.#measured.messages) * 1000) / (time - this.#measured.time));
    this.#measured = { messages, time };
    const field = this.#field("rate");
    if (field.dataset.rate !== String(rate)) {
      field.dataset.rate = rate;
      field.textContent = formatCount(rate);
    }
    if (this.#connection) {
      this.#figures(); // what waits to be sent changes without an event
    }
  }
}
