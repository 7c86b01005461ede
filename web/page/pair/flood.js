// A flood: messages to /echo and back, always the same number in flight, for a bounded time.

const grace = 3000; // milliseconds for what is in flight at the end

// flood resolves to {messages, seconds, rate}, rate in messages a second. It rejects if the connection ends, and
// ends early when signal is aborted.
export function flood(column, { size, inflight, seconds, signal }) {
  const payload = new Uint8Array(size).fill(0x5a);
  return new Promise((resolve, reject) => {
    let messages = 0;
    let waiting = 0; // messages in flight
    const began = performance.now();
    const until = began + seconds * 1000;
    let last = began;

    const timer = setTimeout(finish, seconds * 1000 + grace);
    column.receivers.add(received);
    column.addEventListener("state", broken);
    for (let i = 0; i < inflight; i++) {
      send();
    }

    function send() {
      waiting++;
      column.send(payload).catch(broken);
    }

    function received(data) {
      if (data.byteLength !== size) {
        return;
      }
      messages++;
      waiting--;
      last = performance.now();
      if (last < until && !signal.aborted) {
        send();
      } else if (waiting === 0) {
        finish();
      }
    }

    function finish() {
      stop();
      const elapsed = (last - began) / 1000;
      resolve({ messages, seconds: elapsed, rate: elapsed > 0 ? messages / elapsed : 0 });
    }

    function broken() {
      stop();
      reject(new Error(`${column.title}: the connection ended during the flood`));
    }

    function stop() {
      clearTimeout(timer);
      column.receivers.delete(received);
      column.removeEventListener("state", broken);
    }
  });
}
