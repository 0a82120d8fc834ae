// Compiles on every change and restarts the gateway with what was compiled.
import { spawn } from "node:child_process";

const children = [
  spawn("npx", ["tsc", "-p", "tsconfig.json", "--watch", "--preserveWatchOutput"], { stdio: "inherit" }),
  spawn(process.execPath, ["--watch", "dist/index.js"], { stdio: "inherit" }),
];

function stop() {
  for (const child of children) child.kill("SIGTERM");
}

process.once("SIGINT", stop);
process.once("SIGTERM", stop);
for (const child of children) child.once("exit", stop);
