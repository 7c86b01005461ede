// Bytes as people write and read them.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// parseHex reads "48 65 6c", "0x48, 0x65" or "48:65:6c". It throws an Error that says where it went wrong.
export function parseHex(text) {
  const digits = text.replaceAll(/0x|[\s,:;-]/gi, "");
  const wrong = digits.search(/[^0-9a-f]/i);
  if (wrong >= 0) {
    throw new Error(`“${String.fromCodePoint(digits.codePointAt(wrong))}” is not a hexadecimal digit`);
  }
  if (digits.length % 2 === 1) {
    throw new Error("Half a byte is missing: hexadecimal digits come in pairs");
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}

export function formatHex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join(" ");
}

const counts = new Intl.NumberFormat("en");

// formatCount groups the digits of a whole number.
export function formatCount(n) {
  return counts.format(n);
}

export function formatSize(n) {
  if (n < 1024) {
    return `${n} B`;
  }
  const units = ["KiB", "MiB", "GiB"];
  let unit = -1;
  do {
    n /= 1024;
    unit++;
  } while (n >= 1024 && unit < units.length - 1);
  return `${n < 10 ? n.toFixed(1) : Math.round(n)} ${units[unit]}`;
}

// utf8Length is the size of a text as a message.
export function utf8Length(text) {
  return encoder.encode(text).length;
}

// beginning gives the first limit code units of a text, as a copy: a slice would keep the whole text in memory.
export function beginning(text, limit) {
  if (text.length <= limit) {
    return text;
  }
  const last = text.charCodeAt(limit - 1);
  const splitsPair = last >= 0xd800 && last < 0xdc00;
  return decoder.decode(encoder.encode(text.slice(0, splitsPair ? limit - 1 : limit)));
}
