// Polling: a request at each interval, whether there is anything or not. It is conditional: with the tag of the last answer, the
// server can say in a few bytes that there is nothing new.

import { again } from "./again.js";

export function open(feed, { after, interval, onopen, onmessage, onproblem }) {
  let cursor = after;
  let tag = "";
  const leaving = new AbortController();
  const { signal } = leaving;

  async function poll() {
    const begun = performance.now();
    const response = await feed.ask("poll", cursor, { signal, headers: tag ? { "If-None-Match": tag } : {} });
    if (response.status !== 304) {
      const { next, messages } = await response.json();
      if (signal.aborted) {
        return 0;
      }
      tag = response.headers.get("ETag");
      cursor = next;
      messages.forEach(onmessage);
    }
    onopen();
    return Math.max(0, interval - (performance.now() - begun));
  }

  again(poll, { signal, pause: interval, failed: (error) => onproblem(error.message) });
  return {
    close: () => leaving.abort(),
    get cursor() {
      return cursor;
    },
  };
}
