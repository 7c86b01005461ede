// A WebRTC data channel: from one peer to another, both in this page, without the server. The server only passes on what they need
// to say to each other before; for that each has a WebSocket of its own.

const pause = 1000; // milliseconds before it connects again
const patience = 10000; // for the channel to open

export function open(feed, { onopen, onmessage, onproblem }) {
  let pair = null;
  let timer = 0;
  let spent = { in: 0, out: 0 }; // by pairs that are gone

  function connect() {
    const made = connectPair(feed, { onopen, onmessage, onend });
    pair = made;
    function onend(problem) {
      if (pair === made) {
        leave();
        onproblem(problem);
        timer = setTimeout(connect, pause);
      }
    }
  }

  async function leave() {
    const left = pair;
    pair = null;
    if (left) {
      spent = add(spent, await left.close());
    }
  }

  connect();
  return {
    cursor: 0, // there is nothing to go back to
    publish(text) {
      pair?.publish(text);
    },
    async cost() {
      return pair ? add(spent, await pair.cost()) : spent;
    },
    close() {
      clearTimeout(timer);
      leave();
    },
  };
}

// connectPair makes two peers and a channel from the first to the second. onend is called at most once; close gives the cost.
function connectPair(feed, { onopen, onmessage, onend }) {
  const sender = new RTCPeerConnection();
  const receiver = new RTCPeerConnection();
  const channel = sender.createDataChannel("feed"); // in order, and nothing lost: what it does unless told otherwise
  const sockets = [signal(feed, sender, true, end), signal(feed, receiver, false, end)];
  const timer = setTimeout(() => end("The peers did not find a way to each other"), patience);
  let over = false;

  channel.onopen = () => {
    clearTimeout(timer);
    hangUp();
    onopen();
  };
  channel.onclose = () => end("The data channel was closed");
  receiver.ondatachannel = ({ channel }) => {
    channel.onmessage = ({ data }) => over || onmessage(data);
  };

  function hangUp() {
    for (const socket of sockets) {
      socket.onclose = null;
      socket.close();
    }
  }

  function end(problem) {
    if (!over) {
      over = true;
      onend(problem);
    }
  }

  return {
    publish(text) {
      if (channel.readyState === "open") {
        channel.send(text);
      }
    },
    cost: () => bytes(sender),
    async close() {
      over = true;
      clearTimeout(timer);
      hangUp();
      const cost = await bytes(sender);
      sender.close();
      receiver.close();
      return cost;
    },
  };
}

// signal connects a peer to the other through the server.
function signal(feed, peer, offers, end) {
  const socket = feed.socket("signal");
  const say = (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message));
  const describe = async () => {
    await peer.setLocalDescription();
    say({ description: peer.localDescription });
  };
  peer.onicecandidate = ({ candidate }) => candidate && say({ candidate });

  async function hear({ peers, description, candidate }) {
    if (peers && offers) {
      await describe();
    } else if (description) {
      await peer.setRemoteDescription(description);
      if (!offers) {
        await describe();
      }
    } else if (candidate) {
      await peer.addIceCandidate(candidate);
    }
  }

  let heard = Promise.resolve(); // one after the other, as they came
  socket.onmessage = ({ data }) => {
    heard = heard.then(() => hear(JSON.parse(data))).catch((error) => end(error.message));
  };
  socket.onclose = () => end("The server did not bring the peers together");
  return socket;
}

// bytes sums up what went over the wire between the peers, from DTLS upward.
async function bytes(peer) {
  const sum = { in: 0, out: 0 };
  if (peer.signalingState !== "closed") {
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "candidate-pair") {
        sum.in += report.bytesReceived ?? 0;
        sum.out += report.bytesSent ?? 0;
      }
    }
  }
  return sum;
}

function add(a, b) {
  return { in: a.in + b.in, out: a.out + b.out };
}
