// From Sec-WebSocket-Key to Sec-WebSocket-Accept (RFC 6455 §4.2.2, step 5.4), step by step.

import { element } from "../element.js";
import { formatHex } from "../bytes.js";

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

// derive gives the steps. Where the browser offers no SHA-1 (http on another host), the sum is read from the accept key
// itself, of which it is all that there is.
export async function derive(key, accept) {
  const joined = key + guid;
  if (!globalThis.crypto.subtle) {
    return { joined, sum: Uint8Array.from(atob(accept), (c) => c.charCodeAt(0)), accept, computed: false };
  }
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(joined)));
  return { joined, sum, accept: btoa(String.fromCharCode(...sum)), computed: true };
}

// drawDerivation fills a list with the steps from a key to the accept key that was received, or empties it if there is no key. Until
// it has them it leaves what is there: what is below would jump, away from under the pointer.
export async function drawDerivation(list, key, received) {
  list.dataset.key = key;
  if (!key) {
    list.replaceChildren();
    return;
  }
  const { joined, sum, accept, computed } = await derive(key, received);
  if (list.dataset.key !== key) {
    return; // another one is drawn
  }
  const same = accept === received;
  const verdict = computed ? (same ? "The same as in the response." : `Not the same as in the response, ${received}.`) : "As in the response: over http from another host this browser computes no SHA-1.";
  list.replaceChildren(
    step("Sec-WebSocket-Key: 16 random bytes in base64", key),
    step("followed by the constant of the RFC", joined),
    step("its SHA-1, 20 bytes", formatHex(sum)),
    step("in base64: Sec-WebSocket-Accept", accept),
    element("li", { textContent: verdict }),
  );
  list.lastElementChild.dataset.same = same;
  list.dataset.accept = accept;
}

function step(what, value) {
  const item = element("li");
  item.append(element("span", { className: "note", textContent: what }), element("span", { className: "code", textContent: value }));
  return item;
}
