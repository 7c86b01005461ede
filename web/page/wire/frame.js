// A frame as it is on the wire, read (RFC 6455 §5.2). What does not keep the rules is read too.

import { formatHex } from "../bytes.js";

const names = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };

export function opcodeName(opcode) {
  return names[opcode] ?? `reserved 0x${opcode.toString(16).toUpperCase()}`;
}

export function isControl(opcode) {
  return opcode >= 8;
}

// read gives the fields of a frame of which these bytes are the beginning. What they do not reach is null.
export function read(bytes) {
  if (bytes.length < 2) {
    return null;
  }
  const [first, second] = bytes;
  const short = second & 0x7f;
  const form = short === 127 ? 64 : short === 126 ? 16 : 7; // bits of the length
  const lengthEnd = form === 7 ? 2 : 2 + form / 8;
  const masked = second >= 0x80;
  const end = lengthEnd + (masked ? 4 : 0);
  const key = masked && bytes.length >= end ? bytes.slice(lengthEnd, end) : null;
  const payload = bytes.slice(Math.min(end, bytes.length));
  return {
    bytes,
    fin: first >> 7,
    rsv1: (first >> 6) & 1,
    rsv2: (first >> 5) & 1,
    rsv3: (first >> 4) & 1,
    opcode: first & 15,
    masked,
    short,
    form,
    extended: form === 7 ? null : bytes.slice(2, Math.min(lengthEnd, bytes.length)),
    key,
    length: readLength(bytes, short, lengthEnd),
    headerLength: end,
    payload, // as on the wire
    plain: key ? mask(payload, key) : payload,
  };
}

// The length as a number or, where that is not exact, as a BigInt; null while it is cut off.
function readLength(bytes, short, end) {
  if (end === 2) {
    return short;
  }
  if (bytes.length < end) {
    return null;
  }
  let length = 0n;
  for (const b of bytes.subarray(2, end)) {
    length = (length << 8n) | BigInt(b);
  }
  return length <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(length) : length;
}

// mask masks, and unmasks: each byte XOR a byte of the key (§5.3).
export function mask(bytes, key) {
  return bytes.map((b, i) => b ^ key[i % 4]);
}

// write makes the bytes of a frame. length and form are what the header claims, which need not be true.
export function write({ fin = 1, rsv1 = 0, rsv2 = 0, rsv3 = 0, opcode = 1, masked = true, key, payload, length, form }) {
  const claimed = BigInt(length ?? payload.length);
  const bits = form ?? (claimed < 126n ? 7 : claimed < 65536n ? 16 : 64);
  const header = [(fin << 7) | (rsv1 << 6) | (rsv2 << 5) | (rsv3 << 4) | opcode];
  const top = masked ? 0x80 : 0;
  if (bits === 7) {
    header.push(top | Number(claimed & 0x7fn));
  } else {
    header.push(top | (bits === 16 ? 126 : 127));
    for (let shift = bits - 8; shift >= 0; shift -= 8) {
      header.push(Number((claimed >> BigInt(shift)) & 0xffn));
    }
  }
  if (masked) {
    header.push(...key);
  }
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  bytes.set(masked ? mask(payload, key) : payload, header.length);
  return bytes;
}

const decoder = new TextDecoder();

// preview is what a payload says, for a line: text as text, what is not text in hexadecimal. first is the frame that
// this one continues, if it does.
export function preview(frame, first = frame) {
  const { plain } = frame;
  const { opcode, rsv1 } = frame.opcode === 0 ? first : frame;
  if (opcode === 8 && plain.length >= 2) {
    return `${(plain[0] << 8) | plain[1]} ${decoder.decode(plain.subarray(2))}`.trim();
  }
  const readable = !rsv1 && opcode !== 2;
  return readable ? decoder.decode(plain) : formatHex(plain.subarray(0, 24));
}

// split gives the frames of bytes that were received one after the other; the last may be cut off.
export function split(bytes) {
  const frames = [];
  for (let at = 0; at < bytes.length; ) {
    const frame = read(bytes.subarray(at));
    const length = Number(frame?.length ?? Infinity);
    const end = Math.min(bytes.length, at + (frame?.headerLength ?? Infinity) + length);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}
