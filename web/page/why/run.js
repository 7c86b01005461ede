// A run: one feed, the transports beside each other, and a publisher.
//
// state is "idle", "starting", "running", "finishing", "paused" (the view is hidden, and nothing is connected) or "done". A "change"
// event follows each change of state and of problem, a "sample" event each half second of a run.

import { sleep } from "./again.js";
import { create } from "./feed.js";
import { Lane } from "./lane.js";
import { Publisher } from "./publisher.js";

const patience = 3000; // milliseconds for the transports to connect before the first message
const pause = 1000; // before a server that is away is asked again
const period = 500; // between two samples

export class Run extends EventTarget {
  state = "idle";
  problem = "";
  lanes = [];
  began = 0; // when the first message could be published

  #transports;
  #settings;
  #publisher;
  #feed = null;
  #ending = null; // aborted when the run is to stop or to pause
  #stopped = false; // which a pause that has begun does not undo

  constructor(transports) {
    super();
    this.#transports = transports;
  }

  get published() {
    return this.#publisher?.published ?? 0;
  }

  get active() {
    return this.state === "starting" || this.state === "running" || this.state === "finishing" || this.state === "paused";
  }

  // start begins anew: settings are {rate, size, interval, without}, the last a list of the transports to leave out.
  start(settings) {
    if (!this.active) {
      this.#settings = settings;
      this.#feed = null;
      this.#go();
    }
  }

  stop() {
    if (this.state === "paused") {
      this.#become("done");
    } else {
      this.#stopped = true;
      this.#ending?.abort("done");
    }
  }

  // pause stops to publish, waits for what is on its way, and disconnects. It is for when nobody looks.
  pause() {
    this.#ending?.abort("paused");
  }

  resume() {
    if (this.state === "paused") {
      this.#go();
    }
  }

  // go runs until it is stopped or paused, with a new feed when the server has none of ours.
  async #go() {
    const ending = (this.#ending = new AbortController());
    this.#stopped = false;
    this.#become("starting");
    while (!ending.signal.aborted) {
      try {
        if (!this.#feed) {
          await this.#prepare();
        }
        if (!ending.signal.aborted) {
          await this.#live(ending.signal);
        }
      } catch (error) {
        if (error.status === 404) {
          this.#feed = null; // forgotten: the server was started again, or nobody used it for long
        }
        this.#become("starting", error.status === 404 ? "The server does not know the feed any more: a new one begins" : error.message);
        await sleep(pause, ending.signal);
      } finally {
        this.#disconnect();
      }
    }
    this.#ending = null;
    this.#become(this.#stopped ? "done" : ending.signal.reason, this.problem);
  }

  async #prepare() {
    this.#feed = await create();
    this.#publisher = new Publisher();
    this.lanes = this.#transports.filter(({ key }) => !this.#settings.without.includes(key)).map((each) => new Lane(each));
    this.began = performance.now();
  }

  async #live(signal) {
    const { interval, rate, size } = this.#settings;
    const upcoming = () => this.published + 1;
    const opened = this.lanes.map((lane) => lane.open(this.#feed, { interval, upcoming }));
    await Promise.race([Promise.all(opened), sleep(patience, signal)]);
    if (this.published === 0) {
      this.began = performance.now();
    }
    const also = (text) => this.lanes.forEach((lane) => lane.publish(text));
    this.#publisher.start(this.#feed, { rate, size, also });
    this.#become("running");
    while (!signal.aborted) {
      await sleep(period, signal);
      await this.#sample();
    }
    this.#become("finishing");
    this.#publisher.stop();
    for (const until = performance.now() + interval + pause; performance.now() < until && !this.#settled(); ) {
      await sleep(50);
      this.lanes.filter(({ arrivals }) => arrivals.reached(this.published)).forEach((lane) => lane.rest());
    }
    await this.#sample();
    if (this.#stopped) { // what a pause has left behind still comes
      for (const lane of this.lanes.filter(({ state }) => state !== "missing")) {
        lane.arrivals.miss(upcoming());
      }
    }
  }

  // sample asks the server what it has counted. A server that is away is one that may come back: only what it says counts.
  async #sample() {
    try {
      const counts = await this.#feed.counts();
      await Promise.all(this.lanes.map((lane) => lane.spend(counts)));
      this.#report("");
    } catch (error) {
      if (error.status) {
        throw error;
      }
      this.#report(error.message);
    }
    this.dispatchEvent(new Event("sample"));
  }

  // settled tells whether everything has arrived wherever it can.
  #settled() {
    return this.lanes.every(({ state, arrivals }) => state === "missing" || arrivals.reached(this.published));
  }

  #disconnect() {
    this.#publisher?.stop();
    for (const lane of this.lanes) {
      lane.close();
    }
  }

  #report(problem) {
    if (problem !== this.problem) {
      this.#become(this.state, problem);
    }
  }

  #become(state, problem = "") {
    this.state = state;
    this.problem = problem;
    this.dispatchEvent(new Event("change"));
  }
}
