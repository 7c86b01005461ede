// What to connect to and how to close: the form above the columns, which the address mirrors.

import * as route from "../route.js";

export class Setup {
  #form;
  #applied = false; // a deep link, or the usual

  constructor(form) {
    this.#form = form;
    form.addEventListener("submit", (e) => e.preventDefault());
    form.addEventListener("input", () => {
      this.#show();
      this.#write();
    });
  }

  // apply takes what a deep link says, and the usual for what it leaves out.
  // An address without parameters, as in the link to this view, leaves the form as it is.
  apply(params) {
    if (params.size === 0 && this.#applied) {
      this.#write();
      return;
    }
    this.#applied = true;
    const { endpoint, subprotocol, code, reason, tandem } = this.#form.elements;
    endpoint.value = "/echo";
    endpoint.value = params.get("endpoint") ?? "/echo"; // an unknown one changes nothing
    subprotocol.value = params.get("subprotocol") ?? "";
    code.value = params.get("code") ?? "1000";
    reason.value = params.get("reason") ?? "";
    tandem.checked = params.get("tandem") !== "off";
    this.#show();
  }

  get endpoint() {
    return this.#form.elements.endpoint.value;
  }

  get subprotocols() {
    return this.#value("subprotocol").split(",").map((s) => s.trim()).filter((s) => s !== "");
  }

  get inTandem() {
    return this.#form.elements.tandem.checked;
  }

  // url is the address on the page's own server, by the page's own scheme.
  get url() {
    const url = new URL(this.endpoint, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    if (this.endpoint === "/close") {
      const params = { code: this.#value("code"), reason: this.#value("reason") };
      url.search = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== ""));
    }
    return url.href;
  }

  // closing gives the arguments for close: none when the code is left empty.
  get closing() {
    const code = this.#value("code");
    const reason = this.#value("reason");
    if (code === "" && reason === "") {
      return [];
    }
    if (!/^\d{1,5}$/.test(code)) {
      throw new Error("The close code is a number, such as 1000");
    }
    return [Number(code), reason];
  }

  #value(name) {
    return this.#form.elements[name].value.trim();
  }

  #write() {
    route.write("/", {
      endpoint: this.endpoint,
      subprotocol: this.#value("subprotocol"),
      code: this.#value("code") === "1000" ? "" : this.#value("code"),
      reason: this.#value("reason"),
      tandem: this.inTandem ? "" : "off",
    });
  }

  #show() {
    this.#form.querySelector("[data-field=url]").textContent = this.url;
  }
}
