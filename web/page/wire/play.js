// A composition as the server takes it, and what it answers with.

import { formatHex, parseHex } from "../bytes.js";
import { parseWhole } from "../number.js";
import { write } from "./frame.js";

const longest = 256 * 1024; // bytes: the server takes no more

const encoder = new TextEncoder();

// bytesOf gives what a step sends. It throws an Error that says which field cannot be read.
export function bytesOf(step) {
  const one = step.as === "text" ? encoder.encode(step.payload) : hex(step.payload, step.do === "frame" ? "The payload" : "What is sent");
  const times = parseWhole(step.times, "Times", 0, longest);
  if (one.length * times > longest) {
    throw new Error("Over 256 KiB: the server takes no more");
  }
  const all = new Uint8Array(one.length * times);
  for (let i = 0; i < times; i++) {
    all.set(one, i * one.length);
  }
  if (step.do === "bytes") {
    return all;
  }
  const key = step.masked ? hex(step.key, "The masking key") : null;
  if (key && key.length !== 4) {
    throw new Error("The masking key has four bytes");
  }
  const length = String(step.length).trim();
  if (length !== "" && (!/^\d{1,20}$/.test(length) || BigInt(length) >= 1n << 64n)) {
    throw new Error("The claimed length is a number below 2⁶⁴");
  }
  return write({ ...step, key, payload: all, length: length === "" ? undefined : length, form: step.form === "" ? undefined : Number(step.form) });
}

function hex(text, what) {
  try {
    return parseHex(text);
  } catch (error) {
    throw new Error(`${what}: ${error.message}`);
  }
}

// play has the server play the steps and gives its answer. It throws an Error that says why it cannot.
export async function play({ steps, ...options }) {
  const composition = { ...options, steps: steps.flatMap(told) };
  const response = await fetch("/compositions", { method: "POST", body: JSON.stringify(composition) });
  if (!response.ok) {
    throw new Error(`Not played: ${(await response.text()).trim()}`);
  }
  return response.json();
}

function told(step) {
  switch (step.do) {
    case "wait":
      return { wait: parseWhole(step.ms, "Milliseconds", 1, 3000) };
    case "end":
      return { end: step.how };
  }
  const send = formatHex(bytesOf(step)).replaceAll(" ", "");
  return send === "" ? [] : { send, pieces: parseWhole(step.pieces, "TCP writes", 1, 64) };
}
