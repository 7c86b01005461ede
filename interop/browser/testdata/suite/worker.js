import { run } from "./run.js";

onmessage = async ({ data: [args, env] }) => postMessage(await run(args, env));
