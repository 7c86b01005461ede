// A connection through the Go module. What open takes and gives is said in javascript.js.

import { goModule } from "./module.js";
import { macrotask } from "./macrotask.js";

const turn = 8; // milliseconds of messages before the page gets to draw

export function open(url, { subprotocols, onopen, onmessage, onclose }) {
  let connection = null;
  let unwanted = null; // arguments of a close that came before the connection was open
  let ended = false;

  function finish(end) {
    if (!ended) {
      ended = true;
      onclose({ code: 1006, reason: "", wasClean: false, ...end });
    }
  }

  async function run() {
    const c = await globalThis.tandem.open(url, { subprotocols });
    if (unwanted) {
      finish({ ...(await c.close(...unwanted)), problem: "Closed before it was used" });
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
      } else {
        unwanted = codeAndReason;
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
