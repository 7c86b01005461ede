// A connection over the browser's own WebSocket.
//
// open of this module and of go.js take and give the same:
//
//   open(url, {subprotocols, onopen(), onmessage(data), onclose(end)})
//
// never throws. data is a string or a Uint8Array. onclose is called exactly once, also when nothing was ever
// opened, with end = {code, reason, wasClean} and, as far as known, by, layer, and problem: a sentence for people.
// It returns
//
//   send(data)           data is a string or an ArrayBufferView; the promise resolves when there is room for more
//   close(code, reason)  the promise rejects if the arguments are refused: the connection then stays as it is
//   bufferedAmount       bytes that wait to be sent
//   subprotocol          what the server chose

const room = 1 << 20; // bytes that may wait before send makes its caller wait

export function open(url, { subprotocols, onopen, onmessage, onclose }) {
  let socket;
  try {
    socket = new WebSocket(url, subprotocols);
  } catch (error) {
    queueMicrotask(() => onclose({ code: 1006, reason: "", wasClean: false, problem: error.message }));
    return { send: async () => {}, close: async () => {}, bufferedAmount: 0, subprotocol: "" };
  }
  socket.binaryType = "arraybuffer";
  let opened = false;
  socket.onopen = () => {
    opened = true;
    onopen();
  };
  socket.onmessage = ({ data }) => onmessage(typeof data === "string" ? data : new Uint8Array(data));
  socket.onclose = ({ code, reason, wasClean }) => {
    const problem = opened ? "" : "No connection: the browser does not say why";
    onclose({ code, reason, wasClean, problem });
  };

  return {
    async send(data) {
      if (socket.readyState !== WebSocket.OPEN) {
        throw new Error("The connection is closed");
      }
      socket.send(data);
      while (socket.bufferedAmount > room && socket.readyState === WebSocket.OPEN) {
        await new Promise((resolve) => setTimeout(resolve, 4)); // WebSocket has no event for this
      }
    },
    async close(...codeAndReason) {
      socket.close(...codeAndReason);
    },
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    get subprotocol() {
      return socket.protocol;
    },
  };
}
