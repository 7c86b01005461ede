// The view at #/guide: how to use the module from one's own code.

import { goModule } from "../connection/module.js";
import { element } from "../element.js";
import { examples } from "./examples.js";

export function mount(section) {
  goModule.start(); // what the examples use
  section.querySelector("#examples").append(...examples.map(figure));
}

function figure({ id, title, run }) {
  const figure = element("figure", { className: "sample" });
  figure.dataset.example = id;
  const button = element("button", { type: "button", textContent: "Run" });
  button.dataset.action = "run";
  button.ariaLabel = `Run: ${title}`;
  const caption = element("figcaption", { textContent: title });
  caption.append(button);
  const code = element("pre", { className: "code", tabIndex: 0, ariaLabel: `Example in JavaScript: ${title}` });
  code.append(element("code", { textContent: body(run) }));
  const output = element("output", { className: "code" });
  output.dataset.field = "output";
  output.hidden = true;
  button.addEventListener("click", () => play(run, output, button));
  figure.append(caption, code, output);
  return figure;
}

async function play(run, output, button) {
  if (button.ariaDisabled === "true") {
    return;
  }
  button.ariaDisabled = "true";
  output.textContent = "";
  output.hidden = false;
  output.dataset.state = "running";
  const print = (value) => {
    output.textContent += `${typeof value === "string" ? value : `${value.constructor.name} [${value}]`}\n`;
  };
  const url = new URL("/echo", location.href.replace(/^http/, "ws"));
  url.hash = "";
  try {
    await run(url.href, print);
    output.dataset.state = "done";
  } catch (error) {
    print(`${error.name}: ${error.message}`);
    output.dataset.state = "failed";
  }
  button.ariaDisabled = "false";
}

// body is a function's source without its frame and its indentation.
function body(fn) {
  const lines = fn.toString().split("\n").slice(1, -1);
  const indent = Math.min(...lines.map((line) => line.search(/\S/)).filter((n) => n >= 0));
  return lines.map((line) => line.slice(indent)).join("\n");
}
