// Opening handshakes that are refused. Each is a right one with one thing changed; wrong is the beginning of the line
// that is.

const right = ["GET /echo HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13"];

const foreign = ["https:", "elsewhere.example"].join("//"); // in two parts: no file of the page names another origin

// changed gives the right request with the line that begins like this replaced, or without it.
function changed(beginning, ...instead) {
  return right.flatMap((line) => (line.startsWith(beginning) ? instead : [line]));
}

export const refusals = [
  { id: "version", title: "Wrong version", status: 426, wrong: "Sec-WebSocket-Version: 8", lines: changed("Sec-WebSocket-Version", "Sec-WebSocket-Version: 8") },
  { id: "origin", title: "Foreign Origin", status: 403, wrong: "Origin", lines: [...right, `Origin: ${foreign}`] },
  { id: "no-key", title: "Missing key", status: 400, wrong: "", lines: changed("Sec-WebSocket-Key") },
  { id: "short-key", title: "Key of 15 bytes", status: 400, wrong: "Sec-WebSocket-Key", lines: changed("Sec-WebSocket-Key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j") },
  { id: "two-keys", title: "Two keys", status: 400, wrong: "Sec-WebSocket-Key", lines: [...right, "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="] },
  { id: "no-host", title: "No Host", status: 400, wrong: "", lines: changed("Host") },
  { id: "no-connection", title: "No Connection", status: 400, wrong: "", lines: changed("Connection") },
  { id: "no-upgrade", title: "No Upgrade", status: 426, wrong: "", lines: changed("Upgrade") },
  { id: "method", title: "POST", status: 405, wrong: "POST", lines: changed("GET", "POST /echo HTTP/1.1") },
  { id: "old-http", title: "HTTP/1.0", status: 400, wrong: "GET", lines: changed("GET", "GET /echo HTTP/1.0") },
  { id: "body", title: "With a body", status: 400, wrong: "Content-Length", lines: [...right, "Content-Length: 5"], body: "Hello" },
  { id: "right", title: "Nothing wrong", status: 101, wrong: "", lines: right },
].map(({ lines, body = "", ...rest }) => ({ ...rest, request: lines.join("\r\n") + "\r\n\r\n" + body }));
