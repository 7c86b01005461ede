// Whole numbers as people write them.

// parseWhole reads one. It throws an Error that says what it has to be.
export function parseWhole(text, what, least, most) {
  const n = String(text).trim() === "" ? NaN : Number(text);
  if (!Number.isInteger(n) || n < least || n > most) {
    throw new Error(`${what}: a whole number from ${least} to ${most}`);
  }
  return n;
}

// readWhole reads the one in an input with a label, within its min and max, and goes there if it is none.
export function readWhole(input) {
  try {
    return parseWhole(input.value, input.labels[0].firstChild.textContent.trim(), Number(input.min), Number(input.max));
  } catch (error) {
    input.focus();
    throw error;
  }
}
