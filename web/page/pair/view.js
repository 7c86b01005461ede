// The view at #/: the two columns, what both of them are set to, and the flood.

import * as go from "../connection/go.js";
import * as javascript from "../connection/javascript.js";
import { goModule } from "../connection/module.js";
import { Column } from "./column.js";
import { compose } from "./composer.js";
import { floodCard } from "./floodcard.js";
import { Setup } from "./setup.js";
import { Transfer } from "./transfer.js";
import { tapped } from "../wire/token.js";

const kinds = [
  { key: "go", title: "Go", about: "", connect: (url, options) => go.open(tapped(url, "go"), options) },
  { key: "js", title: "JavaScript", about: "new WebSocket(), as the browser has it", connect: (url, options) => javascript.open(tapped(url, "javascript"), options) },
];

// mount fills the view's section and gives the function that applies the parameters of a deep link.
export function mount(section) {
  const setup = new Setup(section.querySelector("#setup"));
  const transfers = new Map();
  const columns = kinds.map((kind) => {
    const root = instance(kind);
    section.querySelector("#pair").append(root);
    return new Column(root, kind);
  });

  const actions = {
    open: { can: (c) => c.canOpen, run: (c) => c.open(setup.url, setup.subprotocols) },
    close: { can: (c) => c.canClose, run: (c) => c.close(...setup.closing) },
    send: { can: (c) => c.state === "open", run: (c, data) => c.send(data) },
    sendFile: { can: (c) => c.state === "open" && !transfers.get(c).running, run: (c, file) => transfers.get(c).start(file) },
    cancelFile: { can: () => true, run: (c) => transfers.get(c).cancel() },
    clear: { can: () => true, run: (c) => c.clear() },
  };

  // act does something in one column, and in the other too when they ride in tandem and it can.
  function act(column, name, value) {
    const { can, run } = actions[name];
    for (const each of columns) {
      if (each === column || (setup.inTandem && can(each))) {
        each.problem("");
        Promise.resolve()
          .then(() => run(each, value))
          .catch((error) => each.problem(error.message));
      }
    }
  }

  for (const column of columns) {
    transfers.set(column, new Transfer(column, column.root));
    compose(column, transfers.get(column), (name, value) => act(column, name, value));
    for (const name of ["open", "close", "clear"]) {
      column.action(name).addEventListener("click", () => act(column, name));
    }
  }
  floodCard(section.querySelector("#flood"), columns, (column) => column.open(setup.url, setup.subprotocols));
  watchModule(columns[0]);
  return (params) => setup.apply(params);
}

// instance makes a column's elements from the template, with ids of its own.
function instance({ key, title, about }) {
  const root = document.getElementById("column").content.cloneNode(true).firstElementChild;
  for (const name of ["id", "aria-controls", "aria-labelledby"]) {
    for (const element of root.querySelectorAll(`[${name}]`)) {
      element.setAttribute(name, `${key}-${element.getAttribute(name)}`);
    }
  }
  root.dataset.column = key;
  root.ariaLabel = title;
  root.querySelector("[data-field=title]").textContent = title;
  root.querySelector("[data-field=about]").textContent = about;
  return root;
}

// watchModule shows in Go's column how the module fares.
function watchModule(column) {
  const about = column.root.querySelector("[data-field=about]");
  const notice = column.root.querySelector("[data-field=module-problem]");
  const show = () => {
    const { state, problem, milliseconds } = goModule;
    column.root.dataset.module = state;
    about.textContent = {
      loading: "tandem.open(), once the module is loaded",
      ready: `tandem.open(), from the module that started in ${Math.round(milliseconds)} ms`,
      failed: "The module did not start",
      exited: "The module has ended",
    }[state];
    notice.hidden = !problem;
    notice.firstElementChild.textContent = problem;
    column.blocked = problem;
  };
  column.action("reload-module").addEventListener("click", () => goModule.start());
  goModule.addEventListener("change", show);
  goModule.start();
  show();
}
