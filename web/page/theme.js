// The colour scheme: the system's, or the one that was chosen here.

const key = "tandem.theme";
const order = ["auto", "light", "dark"];
const names = { auto: "Automatic", light: "Light", dark: "Dark" };

// Storage can be forbidden (private windows, blocked site data): then the choice lasts as long as the page.
function stored() {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(theme) {
  try {
    localStorage.setItem(key, theme);
  } catch {
    // nothing to do: see above
  }
}

const button = document.getElementById("theme");
let theme = order.includes(stored()) ? stored() : "auto";

function show() {
  document.documentElement.dataset.theme = theme;
  button.textContent = names[theme];
  button.setAttribute("aria-label", `Colour scheme: ${names[theme].toLowerCase()}. Change it`);
}

button.addEventListener("click", () => {
  theme = order[(order.indexOf(theme) + 1) % order.length];
  store(theme);
  show();
});
show();
