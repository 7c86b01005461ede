// A connection through the Go module. What open takes and gives is said in javascript.js.

import { goModule } from "./module.js";
import { macrotask } from "./macrotask.js";

const turn = 8; // milliseconds of messages before the page gets to draw

export function open(url, { subprotocols, onopen, onmessage, onclose }) {
  let connection = null;
  let unwanted = null; // a close that came before the connection was open: {codeAndReason, resolve, reject}
  let ended = false;

  function finish(end) {
    if (!ended) {
      ended = true;
      unwanted?.resolve();
      onclose({ code: 1006, reason: "", wasClean: false, ...end });
    }
  }

  async function run() {
    const c = await globalThis.tandem.open(url, { subprotocols });
    const end = unwanted && (await c.close(...unwanted.codeAndReason).catch(unwanted.reject)); // nothing if it was refused
    if (end) {
      finish({ ...end, problem: "Closed before it was used" });
      return;
    }
    connection = c;
    onopen();
    finish({ problem: await receiveAll(c), ...(await c.closed) });
  }

  // The promises of one batch of messages resolve without a pause, so the loop makes one.
  async function receiveAll(c) {
    let paused = performance.now();
    try {
      for (;;) {
        const data = await c.receive();
        if (data === null) {
          return "";
        }
        onmessage(data);
        if (performance.now() - paused > turn) {
          await macrotask();
          paused = performance.now();
        }
      }
    } catch (error) {
      return error.message;
    }
  }

  goModule.ready
    .then(run)
    .catch((error) => finish({ code: error.code ?? 1006, reason: error.reason ?? "", problem: error.message }));
  goModule.gone.then((why) => finish({ problem: why }));

  return {
    async send(data) {
      await connection.send(data);
    },
    async close(...codeAndReason) {
      if (connection) {
        await connection.close(...codeAndReason);
      } else if (!ended) {
        unwanted?.resolve(); // the last one counts
        const { promise, ...settle } = Promise.withResolvers();
        unwanted = { codeAndReason, ...settle };
        await promise;
      }
    },
    get bufferedAmount() {
      return connection?.bufferedAmount ?? 0;
    },
    get subprotocol() {
      return connection?.subprotocol ?? "";
    },
  };
}
