// A request and its response as they were on the wire.

import { element } from "../element.js";

// header gives the value of a header line, or "".
export function header(text, name) {
  const line = text.split("\r\n").find((each) => each.toLowerCase().startsWith(name.toLowerCase() + ":"));
  return line?.slice(name.length + 1).trim() ?? "";
}

// drawExchange fills a place with both. marked are beginnings of lines that matter; wrong, of one that is the fault.
export function drawExchange(place, { request, response }, { marked = [], wrong = "" } = {}) {
  place.replaceChildren(
    drawn("Request", request || "Not recorded: the server’s listener does not keep requests.", marked, wrong),
    drawn("Response", response || "None.", marked, ""),
  );
}

function drawn(title, text, marked, wrong) {
  const figure = element("figure");
  const pre = element("pre", { className: "http code", tabIndex: 0, ariaLabel: title });
  for (const line of text.trimEnd().split("\r\n")) {
    const is = (beginning) => line.toLowerCase().startsWith(beginning.toLowerCase());
    const fault = wrong !== "" && is(wrong);
    if (fault || marked.some(is)) {
      const mark = element("mark", { textContent: line });
      mark.dataset.wrong = fault;
      pre.append(mark, "\n");
    } else {
      pre.append(line + "\n");
    }
  }
  figure.append(element("figcaption", { className: "note", textContent: title }), pre);
  return figure;
}
