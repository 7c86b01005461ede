// WebSocket: one connection, a frame for each message.

const pause = 500; // milliseconds before it connects again

export function open(feed, { after, onopen, onmessage, onproblem }) {
  let cursor = after;
  let socket;
  let timer = 0;

  function connect() {
    socket = feed.socket("socket", cursor);
    socket.onopen = onopen;
    socket.onmessage = ({ data }) => {
      const space = data.indexOf(" "); // between its number and the text
      cursor = Number(data.slice(0, space));
      onmessage(data.slice(space + 1));
    };
    socket.onclose = ({ code, reason }) => {
      onproblem(`Closed with ${code}${reason && `, “${reason}”`}`);
      timer = setTimeout(connect, pause);
    };
  }

  connect();
  return {
    close() {
      clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
    get cursor() {
      return cursor;
    },
  };
}
