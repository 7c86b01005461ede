// Long polling: a request that the server answers when it has something, and then the next. The cursor sees to it that nothing is
// lost between two of them.

import { again } from "./again.js";

const pause = 500; // milliseconds, after a failure

export function open(feed, { after, onopen, onmessage, onproblem }) {
  let cursor = after;
  const leaving = new AbortController();
  const { signal } = leaving;

  async function wait() {
    const response = await feed.ask("longpoll", cursor, { signal });
    onopen();
    if (response.status === 200) {
      const { next, messages } = await response.json();
      if (!signal.aborted) {
        cursor = next;
        messages.forEach(onmessage);
      }
    }
  }

  async function chain() {
    while (!signal.aborted) {
      await wait();
    }
  }

  onopen(); // a request that waits gives no other sign
  again(chain, { signal, pause, failed: (error) => onproblem(error.message) });
  return {
    close: () => leaving.abort(),
    get cursor() {
      return cursor;
    },
  };
}
