// The page: one module for each view, shown by the address. A new view is a section in index.html with
// data-view, a link with data-nav, and an entry here.

import * as route from "./route.js";
import { goModule } from "./connection/module.js";
import * as pair from "./pair/view.js";
import * as guide from "./guide/view.js";
import * as why from "./why/view.js";
import * as composer from "./wire/composer.js";
import * as handshake from "./handshake/view.js";
import * as wire from "./wire/view.js";

const views = {
  "/": { name: "pair", title: "tandem", mount: pair.mount },
  "/guide": { name: "guide", title: "In your code · tandem", mount: guide.mount },
  "/wire": { name: "wire", title: "On the wire · tandem", mount: wire.mount },
  "/composer": { name: "composer", title: "Composer · tandem", mount: composer.mount },
  "/handshake": { name: "handshake", title: "Handshake · tandem", mount: handshake.mount },
  "/why": { name: "why", title: "Why WebSocket · tandem", mount: why.mount },
};
const mounted = new Map(); // by name, what mount returned: a function that takes the parameters, or nothing
let shown = "";

function show() {
  const { path, params } = route.read();
  if (!path.startsWith("/")) {
    return; // a link to a place within the view, such as #main
  }
  const view = views[path] ?? views["/"];
  for (const section of document.querySelectorAll("[data-view]")) {
    section.hidden = section.dataset.view !== view.name;
  }
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === view.name) {
      link.setAttribute("aria-current", "page");
    } else {
      link.removeAttribute("aria-current");
    }
  }
  document.title = view.title;
  if (!mounted.has(view.name)) {
    mounted.set(view.name, view.mount(document.querySelector(`[data-view=${view.name}]`)));
  }
  mounted.get(view.name)?.(params);
  if (shown && shown !== view.name) {
    scrollTo(0, 0);
    document.getElementById("main").focus({ preventScroll: true });
  }
  shown = view.name;
}

route.onchange(show);
show();
goModule.start();
