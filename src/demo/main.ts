// Plays the three steps as a client: create a customer, submit its documents, pay it. Every status change is printed as
// it is pushed; the exit code is 0 only if all of them came.

import { readConfig } from "../config.js";
import { startGateway } from "../gateway.js";
import { createLogger } from "../telemetry/logger.js";
import { DemoClient } from "./demo-client.js";
import { playDemo } from "./play-demo.js";

const config = readConfig();
const configured = process.argv[2] ?? config.publicUrl;

async function isRunning(url: string): Promise<boolean> {
  return fetch(`${url}/livez`).then(
    ({ ok }) => ok,
    () => false,
  );
}

if (await isRunning(configured)) {
  console.log(`Using the gateway at ${configured}.`);
  process.exitCode = (await playDemo(new DemoClient(configured), console.log)) ? 0 : 1;
} else {
  console.log("No gateway is running: starting one for the demo, with nothing kept.");
  const gateway = await startGateway(
    {
      ...config,
      port: 0,
      databaseUrl: "sqlite::memory:",
      sandbox: { ...config.sandbox, port: 0, stateFile: ":memory:" },
    },
    { logger: createLogger("warn", config.isTerminal) },
  );
  process.exitCode = (await playDemo(new DemoClient(gateway.url), console.log)) ? 0 : 1;
  await gateway.stop();
}
