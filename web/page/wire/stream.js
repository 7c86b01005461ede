// What happened on this page's connections, streamed from the server by EventSource. While a stream does not listen the
// server keeps the latest events, and it goes on where it was.

import * as route from "../route.js";
import { token } from "./token.js";

const pause = 2000; // milliseconds before another try, when the browser has given up

// A "batch" event has {tape, next, lost, events} as its detail; a "state" event follows each change of state.
export class Stream extends EventTarget {
  state = "off"; // off, connecting, open

  #source = null;
  #last = ""; // id of the last batch
  #retry = 0;

  // The stream listens while the section is in sight: of all connections to a server a browser allows six.
  constructor(section) {
    super();
    const look = () => (section.hidden || document.hidden ? this.#stop() : this.#listen());
    document.addEventListener("visibilitychange", look);
    route.onchange(look);
    look();
  }

  #listen() {
    if (this.state === "off") {
      this.#connect();
    }
  }

  #stop() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
    this.#become("off");
  }

  #connect() {
    this.#become("connecting");
    const source = new EventSource(`/tapes/${token}/events${this.#last && `?after=${this.#last}`}`);
    this.#source = source;
    source.onopen = () => this.#become("open");
    source.onmessage = (e) => {
      this.#last = e.lastEventId;
      this.dispatchEvent(new CustomEvent("batch", { detail: JSON.parse(e.data) }));
    };
    source.onerror = () => {
      if (this.#source !== source) {
        return;
      }
      this.#become("connecting");
      if (source.readyState === EventSource.CLOSED) { // it was refused: the browser does not try again
        this.#retry = setTimeout(() => this.#connect(), pause);
      }
    };
  }

  #become(state) {
    if (state !== this.state) {
      this.state = state;
      this.dispatchEvent(new Event("state"));
    }
  }
}
