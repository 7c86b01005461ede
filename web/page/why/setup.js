// What a run is set to: the form, which the address mirrors.

import { element } from "../element.js";
import { readWhole } from "../number.js";
import * as route from "../route.js";

const most = 512 << 10; // bytes a second
const usual = { rate: 5, size: 100, interval: 100 };

export class Setup {
  #form;
  #applied = false; // a deep link, or the usual

  constructor(form, transports) {
    this.#form = form;
    const choices = form.querySelector("[data-field=transports]");
    for (const { key, title } of transports) {
      const label = element("label");
      label.dataset.transport = key;
      label.append(element("input", { type: "checkbox", name: "with", value: key, checked: true }), title);
      choices.append(label);
    }
    form.addEventListener("input", () => this.#write());
  }

  // apply takes what a deep link says, and the usual for what it leaves out.
  // An address without parameters, as in the link to this view, leaves the form as it is.
  apply(params) {
    if (params.size > 0 || !this.#applied) {
      this.#applied = true;
      for (const name of Object.keys(usual)) {
        this.#form.elements[name].value = params.get(name) ?? usual[name];
      }
      const without = (params.get("without") ?? "").split(",");
      for (const box of this.#boxes) {
        box.checked = !without.includes(box.value);
      }
    }
    this.#write();
  }

  // read gives the settings for a run, or throws an Error that says what is wrong.
  read() {
    const settings = { without: this.#without };
    for (const name of Object.keys(usual)) {
      settings[name] = readWhole(this.#form.elements[name]);
    }
    if (settings.rate * settings.size > most) {
      throw new Error("Messages a second times their size: at most 512 KiB");
    }
    if (settings.without.length === this.#boxes.length) {
      throw new Error("Choose at least one transport");
    }
    return settings;
  }

  get #boxes() {
    return [...this.#form.querySelectorAll("[name=with]")];
  }

  get #without() {
    return this.#boxes.filter(({ checked }) => !checked).map(({ value }) => value);
  }

  #write() {
    const entries = { without: this.#without.join(",") };
    for (const name of Object.keys(usual)) {
      const { value } = this.#form.elements[name];
      entries[name] = value === String(usual[name]) ? "" : value;
    }
    route.write("/why", entries);
  }
}
