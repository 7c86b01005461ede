// The page: one module for each view, shown by the address and loaded when it is first shown. A new view is a section in
// index.html with data-view, a link with data-nav, and an entry here.

import * as route from "./route.js";

const views = {
  "/": { name: "pair", title: "tandem", load: () => import("./pair/view.js") },
  "/guide": { name: "guide", title: "In your code · tandem", load: () => import("./guide/view.js") },
  "/wire": { name: "wire", title: "On the wire · tandem", load: () => import("./wire/view.js") },
  "/composer": { name: "composer", title: "Composer · tandem", load: () => import("./wire/composer.js") },
  "/handshake": { name: "handshake", title: "Handshake · tandem", load: () => import("./handshake/view.js") },
  "/why": { name: "why", title: "Why WebSocket · tandem", load: () => import("./why/view.js") },
};
const main = document.getElementById("main");
const unloaded = document.getElementById("unloaded");
const mounting = new Map(); // by name, the promise of what mount returns: a function that takes the parameters, or nothing
let shown = "";
let changes = 0; // of the address, so far

async function show() {
  const { path, params } = route.read();
  if (!path.startsWith("/")) {
    return; // a link to a place within the view, such as #main
  }
  const change = ++changes;
  const view = views[path] ?? views["/"];
  bringForward(view);
  try {
    const apply = await mount(view);
    if (change === changes) {
      apply?.(params);
      main.dataset.shown = view.name;
      performance.mark("shown");
    }
  } catch (error) {
    unloaded.hidden = false;
    throw error;
  }
}

function bringForward({ name, title }) {
  unloaded.hidden = true;
  for (const section of document.querySelectorAll("[data-view]")) {
    section.hidden = section.dataset.view !== name;
  }
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === name) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
  document.title = title;
  if (shown && shown !== name) {
    scrollTo(0, 0);
    main.focus({ preventScroll: true });
  }
  shown = name;
}

// mount loads a view and fills its section, once; after a failure it tries again.
function mount({ name, load }) {
  if (!mounting.has(name)) {
    const mounted = load().then((view) => view.mount(document.querySelector(`[data-view=${name}]`)));
    mounted.catch(() => mounting.delete(name));
    mounting.set(name, mounted);
  }
  return mounting.get(name);
}

unloaded.querySelector("button").addEventListener("click", () => location.reload()); // some browsers remember that a module was not there
route.onchange(show);
show();
