// This page's token: the server shows the frames of a connection to whoever has the token that it was opened with.

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export const token = Array.from(crypto.getRandomValues(new Uint8Array(26)), (b) => letters[b % 32]).join("");

// tapped is an address with the token, and with a name for who connects: a browser can set no header of its own.
export function tapped(address, by) {
  const url = new URL(address);
  url.searchParams.set("wire", token);
  url.searchParams.set("by", by);
  return url.href;
}
