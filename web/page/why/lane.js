// A lane is one transport in one run: its connection, what arrived by it, and what that cost.

import { Arrivals } from "./arrivals.js";
import { lack } from "./transports.js";

export class Lane {
  state = "off"; // off, connecting, open, cut or missing
  problem = "";
  arrivals = new Arrivals();
  cost = { requests: 0, notModified: 0, bytes: null };

  #transport;
  #connection = null;
  #cursor = 0;
  #first = true;
  #own = { before: 0, now: 0 }; // bytes that did not pass through the server: of earlier connections, and of all

  constructor(transport) {
    this.#transport = transport;
    this.key = transport.key;
    this.title = transport.title;
  }

  // open connects, and resolves when the transport works, or at once when this browser cannot. upcoming gives the number of the
  // next message that will be published.
  open(feed, { interval, upcoming }) {
    this.problem = lack(this.#transport);
    if (this.problem) {
      this.state = "missing";
      return Promise.resolve();
    }
    this.state = "connecting";
    const { promise, resolve } = Promise.withResolvers();
    this.#connection = this.#transport.open(feed, {
      after: this.#cursor,
      interval,
      onopen: () => {
        if (this.#first && this.#connection?.publish) {
          this.arrivals.begin(upcoming()); // what was published before is nowhere kept
        }
        this.#first = false;
        this.state = "open";
        this.problem = "";
        resolve();
      },
      onmessage: (text) => {
        const now = performance.now();
        const [n, stamp] = text.split(" ", 2);
        this.arrivals.take(Number(n), now - Number(stamp));
      },
      onproblem: (problem) => {
        this.state = "cut";
        this.problem = problem;
      },
    });
    return promise;
  }

  // close disconnects; open goes on from there.
  close() {
    if (this.#connection) {
      this.#cursor = this.#connection.cursor;
      this.#connection.close();
      this.#connection = null;
      this.#own.before = this.#own.now;
      this.state = "off";
    }
  }

  // rest disconnects before the end of a run, unless only the connection knows its cost: another view may need the place.
  rest() {
    if (!this.#connection?.cost) {
      this.close();
    }
  }

  publish(text) {
    this.#connection?.publish?.(text);
  }

  // spend takes what the server has counted.
  async spend({ counted, transports }) {
    const { requests, notModified, in: received, out } = transports[this.#transport.service];
    const own = await this.#connection?.cost?.();
    if (own) {
      this.#own.now = this.#own.before + own.in + own.out;
    }
    this.cost = { requests, notModified, bytes: counted ? received + out + this.#own.now : null };
  }

  // perMessage is the bytes on the wire for each message that arrived; null if that is not known.
  get perMessage() {
    return this.cost.bytes === null || this.arrivals.messages === 0 ? null : this.cost.bytes / this.arrivals.messages;
  }
}
