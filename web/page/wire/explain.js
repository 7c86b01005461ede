// What each field of a frame means, and what it says in this frame.

import { formatCount, formatHex } from "../bytes.js";
import { isControl, opcodeName } from "./frame.js";

export const labels = {
  fin: "FIN", rsv1: "RSV1", rsv2: "RSV2", rsv3: "RSV3", opcode: "Opcode", mask: "MASK",
  length: "Length", extended: "Extended length", key: "Masking key", payload: "Payload",
};

const opcodes = {
  0: "goes on with the message that an earlier frame began",
  1: "begins a text message; its bytes are UTF-8",
  2: "begins a binary message",
  8: "begins or answers the closing handshake",
  9: "asks for a Pong with the same payload",
  10: "answers a Ping, or comes unasked",
};

// explain gives the value of a field in a few characters, and a sentence or two.
export function explain(field, frame, violation) {
  const { value, meaning } = fields[field](frame);
  const broken = violation?.fields.includes(field) ? ` This breaks a rule: ${violation.rule} (${violation.section}). The answer is Close ${violation.code}.` : "";
  return { value, meaning: meaning + broken };
}

const fields = {
  fin: ({ fin, opcode }) => ({
    value: String(fin),
    meaning: !fin ? "More fragments of this message follow (§5.4)." :
      isControl(opcode) ? "A control frame is never fragmented (§5.5)." : "The last fragment of its message, which may be the only one (§5.4).",
  }),
  rsv1: ({ rsv1 }) => ({
    value: String(rsv1),
    meaning: rsv1 ? "The message is compressed, if permessage-deflate was agreed on (RFC 7692 §6)." : "Not compressed, or not the first fragment; reserved for extensions (§5.2).",
  }),
  rsv2: ({ rsv2 }) => ({ value: String(rsv2), meaning: rsv2 ? "No extension here uses it." : "Reserved for extensions: 0 without one that uses it (§5.2)." }),
  rsv3: ({ rsv3 }) => ({ value: String(rsv3), meaning: rsv3 ? "No extension here uses it." : "Reserved for extensions: 0 without one that uses it (§5.2)." }),
  opcode: ({ opcode }) => ({
    value: `0x${opcode.toString(16).toUpperCase()} ${opcodeName(opcode)}`,
    meaning: opcodes[opcode] ? `This frame ${opcodes[opcode]} (§5.2).` : "Reserved for frames that nobody has defined (§5.2).",
  }),
  mask: ({ masked }) => ({
    value: masked ? "1" : "0",
    meaning: masked ? "The payload is masked, as all frames of a client are (§5.1)." : "The payload is as it is: a server never masks (§5.1).",
  }),
  length: ({ short, form }) => ({
    value: String(short),
    meaning: form === 7 ? `The payload has ${formatCount(short)} bytes; up to 125 fit here.` : `${short} says: the length is in the next ${form} bits.`,
  }),
  extended: ({ length, form }) => ({
    value: length === null ? "cut off" : formatCount(length),
    meaning: form === 16 ? "For 126 to 65,535 bytes, in network byte order." : "For 65,536 bytes and more, in network byte order; the top bit has to be 0.",
  }),
  key: ({ key }) => ({
    value: key ? formatHex(key) : "cut off",
    meaning: "Four random bytes, fresh for each frame. Byte i of the payload is XORed with byte i mod 4 of the key (§5.3).",
  }),
  payload: (frame) => ({ value: size(frame), meaning: payload(frame) }),
};

function size({ length, payload }) {
  return length === payload.length ? `${formatCount(length)} bytes` : `${formatCount(length ?? "?")} bytes, of which ${formatCount(payload.length)} are here`;
}

function payload({ opcode, plain, rsv1 }) {
  if (opcode === 8) {
    return plain.length >= 2 ? `Status code ${(plain[0] << 8) | plain[1]} in the first two bytes, then the reason in UTF-8 (§5.5.1).` : "A Close frame without a status code: reported as 1005 (§7.1.5).";
  }
  return rsv1 ? "Deflate blocks, without the last four bytes 00 00 ff ff (RFC 7692 §7.2.1)." : isControl(opcode) ? "Up to 125 bytes of the application’s (§5.5)." : "The application’s bytes (§5.6).";
}
