// The transports, in the order in which they are shown. Each has a module whose function open has the same shape:
//
//   open(feed, {after, interval, onopen(), onmessage(text), onproblem(sentence)})
//
// It connects, and connects again whenever it was cut, until it is told to close. onopen is called each time the
// transport works, onproblem each time it does not. It returns
//
//   close()        no message arrives after it
//   cursor         what after has to be to go on from here
//   publish(text)  and
//   cost()         only where messages do not pass through the server

import * as polling from "./polling.js";
import * as longPolling from "./longpolling.js";
import * as events from "./events.js";
import * as socket from "./socket.js";
import * as channel from "./channel.js";

// service is the name under which the server counts the transport's requests; needs, what a browser has to have.
export const transports = [
  { key: "poll", service: "poll", title: "Polling", needs: "fetch", dash: [2, 3], open: polling.open },
  { key: "longpoll", service: "longpoll", title: "Long polling", needs: "fetch", dash: [10, 4], open: longPolling.open },
  { key: "events", service: "events", title: "EventSource", needs: "EventSource", dash: [10, 3, 2, 3], open: events.open },
  { key: "socket", service: "socket", title: "WebSocket", needs: "WebSocket", dash: [], open: socket.open },
  { key: "channel", service: "signal", title: "WebRTC data channel", needs: "RTCPeerConnection", dash: [5, 2], open: channel.open },
];

// lack says why this browser cannot use a transport; "" if it can.
export function lack({ needs }) {
  return typeof globalThis[needs] === "function" ? "" : `This browser has no ${needs}`;
}
