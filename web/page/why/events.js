// EventSource: one response that does not end. The browser connects again by itself, and says which event was the last.

const pause = 1000; // milliseconds before a stream that was refused is tried again: the browser has given up then

export function open(feed, { after, onopen, onmessage, onproblem }) {
  let cursor = after;
  let source;
  let timer = 0;

  function connect() {
    source = new EventSource(feed.url("events", cursor));
    source.onopen = onopen;
    source.onmessage = ({ data, lastEventId }) => {
      cursor = Number(lastEventId);
      onmessage(data);
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) {
        onproblem("The server refused the stream");
        timer = setTimeout(connect, pause);
      } else {
        onproblem("The stream was cut: the browser connects again");
      }
    };
  }

  connect();
  return {
    close() {
      clearTimeout(timer);
      source.close();
    },
    get cursor() {
      return cursor;
    },
  };
}
