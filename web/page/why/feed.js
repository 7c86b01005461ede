// A feed on the server, under a token that only this page has.

// create makes a feed.
export async function create() {
  const response = await answer("/feed", { method: "POST" });
  const { token } = await response.json();
  return new Feed(token);
}

class Feed {
  #path;

  constructor(token) {
    this.#path = `/feed/${token}`;
  }

  // url is the address of a service of the feed, for fetch and EventSource.
  url(service, after) {
    return `${this.#path}/${service}${after === undefined ? "" : `?after=${after}`}`;
  }

  // socket opens a WebSocket to a service of the feed.
  socket(service, after) {
    const url = new URL(this.url(service, after), location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    return new WebSocket(url);
  }

  // ask fetches from a service; the response is one of success, or 304.
  ask(service, after, options) {
    return answer(this.url(service, after), { cache: "no-store", ...options });
  }

  // counts tells what was published and what each transport has cost so far.
  async counts() {
    return (await this.ask("counts")).json();
  }
}

// answer fetches, and turns what is not a success into an Error that says what the server said, with its status.
async function answer(url, options) {
  const response = await fetch(url, options).catch((error) => {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Error("The server cannot be reached");
  });
  if (!response.ok && response.status !== 304) {
    const text = (await response.text()).trim();
    throw Object.assign(new Error(`The server answered ${response.status}: ${text.slice(0, 300)}`), { status: response.status });
  }
  return response;
}
