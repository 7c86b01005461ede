// What is said to a screen reader: at most one utterance in a while, however much happens meanwhile.

const pause = 2500; // milliseconds between utterances
const region = document.getElementById("announcer");

let sentences = [];
let received = new Map(); // by column: how many messages, and the last one
let timer = 0;

// announce says a sentence. Of many that come together only the last four are said.
export function announce(sentence) {
  sentences.push(sentence);
  sentences = sentences.slice(-4);
  schedule();
}

// announceReceived says that a column received a message: one is read out (read gives its text), several are counted.
export function announceReceived(column, read) {
  received.set(column, { count: (received.get(column)?.count ?? 0) + 1, read });
  schedule();
}

function schedule() {
  timer ||= setTimeout(speak, 250);
}

function speak() {
  const all = [...sentences];
  for (const [column, { count, read }] of received) {
    all.push(count === 1 ? `${column} received ${read()}` : `${column} received ${count} messages`);
  }
  sentences = [];
  received = new Map();
  if (all.length > 0) {
    region.textContent = all.join(". ");
    timer = setTimeout(speak, pause);
  } else {
    timer = 0;
  }
}
