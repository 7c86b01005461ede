// The publisher: numbered messages of a size at a rate, each with the time at which it left, over a WebSocket of its own.

const tick = 5; // milliseconds
const room = 1 << 20; // bytes that may wait before it holds back
const pause = 500; // milliseconds before it connects again

export class Publisher {
  published = 0; // the number of the last message

  #socket = null;
  #timer = 0;
  #retry = 0;

  // start publishes until stop; also is called with each message.
  start(feed, { rate, size, also }) {
    const padding = "x".repeat(size);
    let due = 0;
    let gap = 1; // uneven, 1 on average: the interval of polling must not fall into step with it
    let last = performance.now();
    this.#connect(feed);
    this.#timer = setInterval(() => {
      const now = performance.now();
      const idle = this.#socket.readyState !== WebSocket.OPEN || this.#socket.bufferedAmount > room;
      due = idle ? 0 : Math.min(due + ((now - last) * rate) / 1000, Math.max(2, rate / 4)); // what a page that slept has missed stays missed
      last = now;
      for (; due >= gap; due -= gap, gap = 0.5 + Math.random()) {
        const text = `${++this.published} ${performance.now().toFixed(2)} ${padding}`.slice(0, size);
        this.#socket.send(text);
        also(text);
      }
    }, tick);
  }

  stop() {
    clearInterval(this.#timer);
    clearTimeout(this.#retry);
    if (this.#socket) {
      this.#socket.onclose = null;
      this.#socket.close();
      this.#socket = null;
    }
  }

  #connect(feed) {
    this.#socket = feed.socket("publish");
    this.#socket.onclose = () => {
      this.#retry = setTimeout(() => this.#connect(feed), pause);
    };
  }
}
