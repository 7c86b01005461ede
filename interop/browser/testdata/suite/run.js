// Runs the client's test binary and gives its exit code and its output.

import "./wasm_exec.js";

export async function run(args, env) {
  let output = "";
  const decoder = new TextDecoder();
  globalThis.fs.writeSync = (fd, bytes) => {
    output += decoder.decode(bytes, { stream: true });
    return bytes.length;
  };
  let exitCode = -1;
  const go = new globalThis.Go();
  go.argv = ["client.test", ...args];
  go.env = env;
  go.exit = (code) => {
    exitCode = code;
  };
  const { instance } = await WebAssembly.instantiateStreaming(fetch("client.test.wasm"), go.importObject);
  await go.run(instance);
  return { exitCode, output };
}
