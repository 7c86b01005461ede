// Deep links: "#/guide" names a view, and "#/?endpoint=/chat&subprotocol=tandem.v1" what it shows.

// read gives the view's path and the parameters of the address as it stands.
export function read() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?", 2);
  return { path: path || "/", params: new URLSearchParams(query) };
}

// write puts parameters into the address without a new entry in the history. Empty ones are left out.
export function write(path, entries) {
  const params = new URLSearchParams(Object.entries(entries).filter(([, value]) => value !== ""));
  const query = params.toString().replaceAll("%2F", "/");
  history.replaceState(null, "", `#${path}${query && "?" + query}`);
}

// onchange calls fn when the address changes by a link, by hand, or by going back.
export function onchange(fn) {
  addEventListener("hashchange", fn);
}
