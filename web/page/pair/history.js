// The last entries of a column's log, and no more: a ring, so that a flood neither grows nor moves anything.

export const capacity = 10_000;

export class History {
  #ring = [];
  #next = 0; // how many were ever added: the next entry's number

  // add keeps an entry; the oldest goes when there is no room.
  add(entry) {
    this.#ring[this.#next % capacity] = entry;
    this.#next++;
  }

  // get gives entry number i, for first <= i < end. Numbers stay when older entries go.
  get(i) {
    return this.#ring[i % capacity];
  }

  get first() {
    return this.#next - this.#ring.length;
  }

  get end() {
    return this.#next;
  }

  get length() {
    return this.#ring.length;
  }

  clear() {
    this.#ring = [];
    this.#next = 0;
  }
}
