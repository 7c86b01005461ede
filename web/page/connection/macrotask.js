// A promise that resolves in a task of its own, after the browser had a chance to draw and to take input.
// A message to oneself, because timers are held back for 4 ms when they follow each other.

const { port1, port2 } = new MessageChannel();
const waiting = [];
port1.onmessage = () => waiting.shift()();

export function macrotask() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(null);
  });
}
