// What a column can send: text, bytes typed in hexadecimal, a file. It only asks: act(name, value) does it, in
// this column or in both.

import { formatSize, parseHex } from "../bytes.js";

export function compose(column, transfer, act) {
  const { root } = column;
  const input = (name) => root.querySelector(`[data-input=${name}]`);
  const file = input("file");
  const chosen = file.nextElementSibling;
  const invitation = chosen.textContent;

  tabs(root.querySelector("[role=tablist]"));

  for (const name of ["text", "hex"]) {
    input(name).addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
        e.preventDefault();
        e.target.form.requestSubmit();
      }
    });
  }

  onsubmit("text", () => {
    act("send", input("text").value);
    if (column.state === "open") {
      input("text").value = "";
    }
  });
  onsubmit("hex", () => {
    act("send", parseHex(input("hex").value));
  });
  onsubmit("file", () => {
    if (file.files.length === 0) {
      throw new Error("Choose a file first");
    }
    act("sendFile", file.files[0]);
  });
  column.action("cancel-file").addEventListener("click", () => act("cancelFile"));

  file.addEventListener("change", () => {
    const [one] = file.files;
    chosen.textContent = one ? `${one.name}, ${formatSize(one.size)}` : invitation;
  });

  const show = () => {
    for (const name of ["send-text", "send-hex"]) {
      column.action(name).ariaDisabled = column.state !== "open";
    }
    column.action("send-file").ariaDisabled = column.state !== "open" || transfer.running;
    column.action("cancel-file").ariaDisabled = !transfer.running;
  };
  column.addEventListener("state", show);
  column.addEventListener("transfer", show);
  show();

  drop(root, ([one]) => {
    if (one) {
      root.querySelector("[data-action=tab-file]").click();
      act("sendFile", one);
    }
  });

  function onsubmit(name, fn) {
    root.querySelector(`[data-form=${name}]`).addEventListener("submit", (e) => {
      e.preventDefault();
      try {
        column.problem("");
        fn();
      } catch (error) {
        column.problem(error.message);
      }
    });
  }
}

// tabs makes a tablist work: one tab is chosen, and arrow keys choose another.
function tabs(list) {
  const all = [...list.querySelectorAll("[role=tab]")];
  const choose = (tab) => {
    for (const each of all) {
      each.ariaSelected = each === tab;
      each.tabIndex = each === tab ? 0 : -1;
      document.getElementById(each.getAttribute("aria-controls")).hidden = each !== tab;
    }
  };
  for (const tab of all) {
    tab.addEventListener("click", () => choose(tab));
  }
  list.addEventListener("keydown", (e) => {
    const now = all.indexOf(document.activeElement);
    const next = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: all.length - 1 }[e.key];
    if (next !== undefined) {
      e.preventDefault();
      const tab = all.at(next % all.length);
      choose(tab);
      tab.focus();
    }
  });
}

// drop lets files be dropped on an element.
function drop(element, ondrop) {
  const over = (on) => element.classList.toggle("dropping", on);
  element.addEventListener("dragover", (e) => {
    if (e.dataTransfer.types.includes("Files")) {
      e.preventDefault();
      over(true);
    }
  });
  element.addEventListener("dragleave", (e) => {
    if (!element.contains(e.relatedTarget)) {
      over(false);
    }
  });
  element.addEventListener("drop", (e) => {
    e.preventDefault();
    over(false);
    ondrop([...e.dataTransfer.files]);
  });
}
