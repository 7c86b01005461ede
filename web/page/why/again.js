// again calls fn until the signal is aborted, one call after the other, with pause milliseconds or as many as fn resolves to in
// between. failed is called with what it rejects with.
export async function again(fn, { signal, pause, failed }) {
  while (!signal.aborted) {
    let wait = pause;
    try {
      wait = (await fn()) ?? pause;
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      failed(error);
    }
    await sleep(wait, signal);
  }
}

// sleep resolves after so many milliseconds, or at once when the signal is aborted.
export function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) {
      done();
    }
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
  });
}
