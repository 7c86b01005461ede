// The Go module: loads it, starts it, and knows why it does not run.
//
// state is "idle" (no view has needed it), "loading", "ready", "failed" (it never ran) or "exited" (it ran and ended);
// problem says why in the last two. A "change" event follows each change. ready resolves when the module has started, rejects when it
// cannot, and is also globalThis.tandem.ready; gone resolves to the problem when the module runs no longer.

const loader = new URL("../wasm/wasm_exec.js", import.meta.url);
const binary = new URL("../wasm/tandem.wasm", import.meta.url);

let output = ""; // the end of what Go wrote to the console: a panic's message is nowhere else

class GoModule extends EventTarget {
  state = "idle";
  problem = "";
  milliseconds = 0; // from the request to the end of the start

  #go = null; // the run that counts
  #settle; // ready's and gone's resolving functions

  constructor() {
    super();
    this.#renew();
    addEventListener("error", ({ error }) => {
      if (error instanceof WebAssembly.RuntimeError) {
        this.#end("exited", `The Go module broke: ${error.message}`);
      }
    });
  }

  // start loads and starts the module, again if it failed or exited before; what is on its way or runs it leaves alone.
  // It never rejects.
  async start() {
    if (this.state === "loading" || this.state === "ready") {
      return;
    }
    if (this.state !== "idle") {
      this.#renew();
    }
    this.#change("loading");
    const began = performance.now();
    try {
      const [program] = await Promise.all([compile(), loadLoader()]);
      await this.#run(program);
      this.milliseconds = performance.now() - began;
      this.#change("ready");
      this.#settle.ready();
    } catch (error) {
      this.#end("failed", error.message);
    }
  }

  async #run(program) {
    const go = (this.#go = new globalThis.Go());
    let status = 0;
    go.exit = (code) => {
      status = code;
    };
    output = "";
    const instance = await WebAssembly.instantiate(program, go.importObject);
    let exit = "";
    const exited = (why) => {
      exit = output.match(/^(panic|fatal error): .*$/m)?.[0] ?? why;
      if (go === this.#go && this.state === "ready") {
        this.#end("exited", exit);
      }
    };
    go.run(instance).then( // runs Go until all its goroutines wait
      () => exited(`The Go module exited with status ${status}`),
      (error) => exited(`The Go module broke: ${error.message}`),
    );
    await new Promise((resolve) => setTimeout(resolve)); // an end at the start shows within this task
    if (exit) {
      throw new Error(exit);
    }
    if (typeof globalThis.tandem.open !== "function") {
      throw new Error("The Go module started, but it does not export tandem.open");
    }
  }

  #renew() {
    this.#settle = {};
    this.ready = new Promise((resolve, reject) => Object.assign(this.#settle, { ready: resolve, never: reject }));
    this.ready.catch(() => {}); // whoever waits for it sees the reason; nobody has to
    this.gone = new Promise((resolve) => Object.assign(this.#settle, { gone: resolve }));
    globalThis.tandem = { ready: this.ready };
  }

  #end(state, problem) {
    if (this.state === "failed" || this.state === "exited") {
      return;
    }
    const gone = this.#settle.gone;
    this.#settle.never(new Error(problem));
    this.#renew();
    this.#settle.never(new Error(problem));
    this.#change(state, problem);
    gone(problem);
  }

  #change(state, problem = "") {
    this.state = state;
    this.problem = problem;
    this.dispatchEvent(new Event("change"));
  }
}

// get fetches, and turns what is not a success into an Error that says what the server said.
async function get(url) {
  const response = await fetch(url).catch((error) => {
    throw new Error(`The server cannot be reached (${error.message})`);
  });
  if (!response.ok) {
    const text = (await response.text()).trim();
    throw new Error(`${url.pathname}: ${response.status}. ${text.slice(0, 300)}`);
  }
  return response;
}

async function compile() {
  const response = await get(binary);
  return WebAssembly.compileStreaming(response).catch((error) => {
    throw new Error(`${binary.pathname}: ${error.message}`);
  });
}

// loadLoader runs wasm_exec.js, which belongs to the Go that built the module and sets globalThis.Go.
async function loadLoader() {
  if (globalThis.Go) {
    return;
  }
  await get(loader); // import tells no reason
  await import(loader);
  const decoder = new TextDecoder();
  const { fs } = globalThis;
  const writeSync = fs.writeSync;
  fs.writeSync = (fd, bytes) => {
    output = (output + decoder.decode(bytes, { stream: true })).slice(-8192);
    return writeSync.call(fs, fd, bytes);
  };
}

export const goModule = new GoModule();
