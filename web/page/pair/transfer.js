// A file on its way: read and sent piece by piece, so that it is never in memory as a whole. On /echo the
// progress is what came back, elsewhere what has left.

import { announce } from "../announce.js";
import { formatSize } from "../bytes.js";

const piece = 256 * 1024; // bytes of one message
const ahead = 16 * piece; // bytes that may be on their way there and back

export class Transfer {
  #column;
  #field;
  #pieces = []; // sent and not yet echoed, in order: {size, of}
  #current = null; // {file, sent, echoed, cancelled}
  #wake = () => {};

  constructor(column, root) {
    this.#column = column;
    this.#field = (name) => root.querySelector(`[data-field=${name}]`);
    column.receivers.add((data) => this.#received(data));
    column.addEventListener("state", () => {
      if (column.state === "closed") {
        this.#pieces = [];
      }
      this.#wake();
    });
  }

  get running() {
    return this.#current !== null;
  }

  // start sends a file and resolves when that has ended, in whichever way.
  async start(file) {
    if (this.running) {
      throw new Error("A file is on its way already: cancel it first");
    }
    if (this.#column.state !== "open") {
      throw new Error("Not open: press Open first");
    }
    const current = { file, sent: 0, echoed: 0, cancelled: false };
    this.#current = current;
    this.#column.dispatchEvent(new Event("transfer"));
    const began = performance.now();
    const drawing = setInterval(() => this.#show("sending", began), 100);
    this.#show("sending", began);
    let state = "failed";
    try {
      state = (await this.#send(current)) ? "done" : "cancelled";
    } finally {
      clearInterval(drawing);
      this.#show(this.#column.state === "open" ? state : "failed", began);
      announce(`${this.#column.title}: ${this.#field("transfer-text").textContent}`);
      this.#current = null;
      this.#column.dispatchEvent(new Event("transfer"));
    }
  }

  cancel() {
    if (this.#current) {
      this.#current.cancelled = true;
      this.#wake();
    }
  }

  // #send tells whether the file went through; false: it was cancelled, or the connection ended.
  async #send(current) {
    const { file } = current;
    const echo = this.#column.endpoint === "/echo";
    const going = () => !current.cancelled && this.#column.state === "open";
    do {
      const bytes = new Uint8Array(await file.slice(current.sent, current.sent + piece).arrayBuffer());
      if (!going()) {
        return false;
      }
      if (echo) {
        this.#pieces.push({ size: bytes.length, of: current });
      }
      let waiting = true;
      const handed = this.#column.send(bytes).finally(() => {
        waiting = false;
        this.#wake();
      });
      handed.catch(() => {}); // of interest below, unless the transfer has ended before
      current.sent += bytes.length;
      while (going() && (waiting || (echo && current.sent - current.echoed > ahead))) {
        await this.#change();
      }
      if (!waiting) {
        await handed;
      }
    } while (going() && current.sent < file.size);
    while (going() && this.#progress(current) < file.size) {
      await this.#change(echo ? undefined : 20);
    }
    return going();
  }

  // #change waits for an echo, the end of the connection or a cancellation; or for some milliseconds.
  #change(milliseconds) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (milliseconds) {
        setTimeout(resolve, milliseconds);
      }
    });
  }

  // An echo is told from other messages by its size and its turn.
  #received(data) {
    if (typeof data !== "string" && this.#pieces[0]?.size === data.byteLength) {
      const { size, of } = this.#pieces.shift();
      of.echoed += size;
      this.#wake();
    }
  }

  #progress({ sent, echoed }) {
    return this.#column.endpoint === "/echo" ? echoed : Math.max(0, sent - this.#column.bufferedAmount);
  }

  #show(state, began) {
    const { file } = this.#current;
    const done = this.#progress(this.#current);
    const seconds = (performance.now() - began) / 1000;
    const root = this.#field("transfer");
    root.hidden = false;
    Object.assign(root.dataset, { state, bytes: done, total: file.size });
    root.querySelector("progress").value = file.size === 0 ? Number(state === "done") : done / file.size;
    const verb = this.#column.endpoint === "/echo" ? "echoed" : "sent";
    const speed = seconds > 0 ? `${formatSize(Math.round(done / seconds))}/s` : "";
    this.#field("transfer-text").textContent = {
      sending: `${file.name}: ${formatSize(done)} of ${formatSize(file.size)} ${verb}, ${speed}`,
      done: `${file.name}: ${formatSize(file.size)} ${verb} in ${seconds.toFixed(1)} s, ${speed}`,
      cancelled: `${file.name}: cancelled after ${formatSize(done)} of ${formatSize(file.size)}`,
      failed: `${file.name}: stopped after ${formatSize(done)} of ${formatSize(file.size)}`,
    }[state];
  }
}
