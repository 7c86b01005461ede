// What arrived by one transport: how much, how late, and whether anything is missing or came in another order.

import { Histogram } from "./histogram.js";

const remembered = 5000; // missing messages that can still turn up

export class Arrivals {
  messages = 0;
  disordered = 0; // came after a later one, or twice
  all = new Histogram();
  recent = new Histogram(); // since the last sample

  #next = 1;
  #missing = new Set();
  #given = 0; // missing messages that are no longer remembered

  // begin says which message is the first that can arrive.
  begin(n) {
    this.#next = n;
  }

  take(n, latency) {
    this.messages++;
    this.all.add(latency);
    this.recent.add(latency);
    if (n === this.#next) {
      this.#next++;
    } else if (n > this.#next) {
      this.miss(n);
      this.#next = n + 1;
    } else {
      this.#missing.delete(n);
      this.disordered++;
    }
  }

  // miss says that all before message n should have arrived.
  miss(n) {
    for (; this.#next < n; this.#next++) {
      if (this.#missing.size < remembered) {
        this.#missing.add(this.#next);
      } else {
        this.#given++;
      }
    }
  }

  get lost() {
    return this.#missing.size + this.#given;
  }

  // reached tells whether message n, or a later one, has arrived.
  reached(n) {
    return this.#next > n;
  }
}
