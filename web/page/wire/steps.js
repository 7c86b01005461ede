// The steps of a composition as a form: frames, raw bytes, waits, an end.

import { announce } from "../announce.js";
import { element } from "../element.js";
import { opcodeName } from "./frame.js";
import { blank } from "./presets.js";

// What a step does, in a line.
const titles = {
  frame: ({ fin, rsv1, rsv2, rsv3, opcode, masked, as, payload, times }) => [
    opcodeName(opcode), !fin && "FIN=0", rsv1 && "RSV1", rsv2 && "RSV2", rsv3 && "RSV3", !masked && "not masked",
    as === "text" ? payload && `“${payload}”` : payload, Number(times) !== 1 && `× ${times}`,
  ].filter(Boolean).join(" "),
  bytes: ({ payload, times }) => `bytes ${payload}${Number(times) === 1 ? "" : ` × ${times}`}`,
  wait: ({ ms }) => `wait ${ms} ms`,
  end: ({ how }) => `end with ${how}`,
};

// A "change" event follows each change by hand; a "choose" event, with the step as its detail, whenever one is gone to.
export class Steps extends EventTarget {
  #list;
  #template;
  #steps = [];

  constructor(list, template) {
    super();
    this.#list = list;
    this.#template = template;
    list.addEventListener("input", (e) => this.#input(e));
    list.addEventListener("click", (e) => {
      if (e.target.closest("[data-action=remove]")) {
        this.#remove(this.#index(e.target));
      }
    });
    list.addEventListener("focusin", (e) => this.#choose(this.#steps[this.#index(e.target)]));
  }

  get value() {
    return this.#steps;
  }

  set value(steps) {
    this.#steps = structuredClone(steps);
    this.#draw();
  }

  add(kind) {
    this.#steps.push(blank[kind]());
    this.#draw();
    this.dispatchEvent(new Event("change"));
    const added = this.#list.lastElementChild;
    added.querySelector("details").open = true;
    added.querySelector("input, select, textarea").focus();
  }

  #draw() {
    this.#list.replaceChildren(...this.#steps.map((step, i) => this.#item(step, i)));
  }

  #item(step, i) {
    const item = element("li", { className: "step" });
    item.dataset.do = step.do;
    item.append(this.#template.content.cloneNode(true));
    item.querySelector("[data-action=remove]").ariaLabel = `Remove step ${i + 1}`;
    this.#entitle(item, step, i);
    for (const part of item.querySelectorAll("[data-of]")) {
      if (!part.dataset.of.split(" ").includes(step.do)) {
        part.remove();
      }
    }
    for (const input of item.querySelectorAll("[name]")) {
      if (input.type === "checkbox") {
        input.checked = Boolean(step[input.name]);
      } else {
        input.value = step[input.name];
      }
    }
    return item;
  }

  #entitle(item, step, i) {
    item.querySelector("summary").textContent = `${i + 1}. ${titles[step.do](step)}`;
  }

  #index(target) {
    return [...this.#list.children].indexOf(target.closest("li"));
  }

  #input({ target }) {
    const i = this.#index(target);
    const step = this.#steps[i];
    step[target.name] = target.type === "checkbox" ? (target.name === "masked" ? target.checked : Number(target.checked)) :
      target.name === "opcode" ? Number(target.value) : target.value;
    this.#entitle(this.#list.children[i], step, i);
    this.dispatchEvent(new Event("change"));
    this.#choose(step);
  }

  #remove(i) {
    this.#steps.splice(i, 1);
    this.#draw();
    announce(`Step ${i + 1} removed`);
    this.dispatchEvent(new Event("change"));
    const next = this.#list.children[Math.min(i, this.#steps.length - 1)];
    (next?.querySelector("summary") ?? this.#list).focus();
  }

  #choose(step) {
    this.dispatchEvent(new CustomEvent("choose", { detail: step }));
  }
}
