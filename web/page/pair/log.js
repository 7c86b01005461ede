// A log of any length as a grid of a few rows: only those in sight are in the document, and new entries are
// drawn a few times a second, however many come. Arrow keys choose an entry, and the whole of it is shown below.

import { formatSize } from "../bytes.js";
import { element } from "../element.js";
import { paced } from "../pace.js";
import { clock, describe, line } from "./entry.js";

const spare = 4; // rows above and below those in sight

const arrows = { out: "↑", in: "↓", event: "·" };
const directions = { out: "sent", in: "received", event: "event" };

export class Log {
  following = true; // the newest entry is kept in sight
  onfollow = () => {};
  onchoose = () => {}; // is given the chosen entry, or null
  draw = paced(() => this.#draw(), 50); // asks for new entries to be drawn

  #history;
  #grid;
  #space;
  #detail;
  #prefix;
  #rows = []; // the row elements, used again and again
  #height = 0; // of a row
  #room = 0; // for rows: the height of what is in sight, less the head
  #first = 0; // the history's first entry when last drawn
  #top = -1; // scrollTop when last drawn
  #chosen = -1; // number of the chosen entry, or -1
  #redraw = paced(() => this.#draw());

  constructor(history, { grid, space, detail, prefix }) {
    this.#history = history;
    this.#grid = grid;
    this.#space = space;
    this.#detail = detail;
    this.#prefix = prefix;
    grid.addEventListener("scroll", () => this.#scrolled());
    grid.addEventListener("keydown", (e) => this.#key(e));
    space.addEventListener("click", (e) => this.#click(e));
    new ResizeObserver(() => {
      this.#height = grid.firstElementChild.offsetHeight; // the head is as high as any row
      this.#room = grid.clientHeight - this.#height;
      this.#top = -1; // what is hidden forgets how far it was scrolled
      this.#redraw();
    }).observe(grid);
  }

  follow(on) {
    this.following = on;
    this.onfollow(on);
    this.#redraw();
  }

  clear() {
    this.#choose(-1);
    this.follow(true);
  }

  #draw() {
    const { first, end, length } = this.#history;
    const grid = this.#grid;
    if (!this.#height) {
      return; // not in sight: the view is hidden
    }
    this.#space.style.height = `${length * this.#height}px`;
    grid.setAttribute("aria-rowcount", length + 1);
    let top; // worked out where possible: to ask for it costs a layout
    if (this.following) {
      top = Math.max(0, length * this.#height - this.#room);
      if (top !== this.#top) {
        grid.scrollTop = top;
      }
    } else {
      top = grid.scrollTop;
      if (first > this.#first) {
        top = grid.scrollTop = Math.max(0, top - (first - this.#first) * this.#height); // stay with the same entries
      }
    }
    this.#top = top;
    this.#first = first;
    if (this.#chosen < first || this.#chosen >= end) {
      this.#choose(-1);
    }

    const count = Math.ceil(this.#room / this.#height) + 2 * spare;
    const from = Math.max(first, first + Math.floor(top / this.#height) - spare);
    const to = Math.min(end, from + count);
    for (let i = from; i < from + count; i++) {
      const row = this.#row(i % count); // an entry keeps its row while it is in sight
      row.hidden = i >= to;
      if (i < to) {
        this.#fill(row, i);
      }
    }
    for (const row of this.#rows.slice(count)) {
      row.hidden = true;
    }
    const chosen = this.#chosen >= from && this.#chosen < to;
    grid.setAttribute("aria-activedescendant", chosen ? `${this.#prefix}-row-${this.#chosen}` : "");
  }

  #row(n) {
    while (this.#rows.length <= n) {
      const row = element("div", { className: "row", role: "row" });
      row.append(...["direction", "type", "content", "size", "time"].map((className) => element("span", { className, role: "gridcell" })));
      row.children[2].dir = "auto";
      this.#space.append(row);
      this.#rows.push(row);
    }
    return this.#rows[n];
  }

  #fill(row, i) {
    const entry = this.#history.get(i);
    const [direction, type, content, size, time] = row.children;
    row.style.transform = `translateY(${(i - this.#history.first) * this.#height}px)`;
    row.ariaRowIndex = i - this.#history.first + 2;
    row.ariaSelected = i === this.#chosen;
    if (row.entry === entry && row.dataset.index === String(i)) {
      return;
    }
    row.entry = entry;
    row.id = `${this.#prefix}-row-${i}`;
    row.dataset.index = i;
    row.dataset.direction = entry.direction;
    row.dataset.type = entry.type;
    row.dataset.size = entry.size ?? "";
    direction.textContent = arrows[entry.direction];
    direction.ariaLabel = directions[entry.direction];
    type.textContent = entry.direction === "event" ? "" : entry.type;
    content.textContent = line(entry);
    size.textContent = entry.size === null ? "" : formatSize(entry.size);
    time.textContent = clock(entry.time);
  }

  #scrolled() {
    const grid = this.#grid;
    this.#top = grid.scrollTop;
    const atEnd = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - this.#height / 2;
    if (atEnd !== this.following) {
      this.follow(atEnd);
    }
    this.#redraw();
  }

  #key(e) {
    const { first, end } = this.#history;
    const page = Math.max(1, Math.floor(this.#room / this.#height) - 1);
    const from = this.#chosen < 0 ? end : this.#chosen;
    const to = { ArrowUp: from - 1, ArrowDown: from + 1, PageUp: from - page, PageDown: from + page, Home: first, End: end - 1, Escape: -1 }[e.key];
    if (to === undefined || first === end || e.ctrlKey || e.metaKey || e.altKey) {
      return;
    }
    e.preventDefault();
    this.#choose(e.key === "Escape" ? -1 : Math.min(end - 1, Math.max(first, to)));
  }

  #click(e) {
    const row = e.target.closest(".row");
    if (row) {
      const i = Number(row.dataset.index);
      this.#choose(i === this.#chosen ? -1 : i);
    }
  }

  #choose(i) {
    if (i === this.#chosen) {
      return;
    }
    this.#chosen = i;
    this.#detail.hidden = i < 0;
    const entry = i < 0 ? null : this.#history.get(i);
    this.onchoose(entry);
    if (entry) {
      this.#detail.firstElementChild.textContent = describe(entry);
      this.#detail.lastElementChild.textContent = line(entry, Infinity);
      this.follow(false); // or the entry would be carried away
      this.#reveal(i);
    }
    this.#redraw();
  }

  #reveal(i) {
    const top = (i - this.#history.first) * this.#height;
    if (top < this.#grid.scrollTop) {
      this.#grid.scrollTop = top;
    } else if (top + this.#height > this.#grid.scrollTop + this.#room) {
      this.#grid.scrollTop = top + this.#height - this.#room;
    }
  }
}
