// Plays the three steps as a client: create a customer, submit its documents, pay it. Every status change is printed as
// it is pushed.

import { readConfig } from "../config.js";
import { startGateway } from "../gateway.js";
import { createLogger } from "../telemetry/logger.js";
import { DemoClient } from "./demo-client.js";
import { playDemo } from "./play-demo.js";

/** Answers whether all of them came, from the gateway at the URL or one that is started for it. */
export async function runDemo(url?: string): Promise<boolean> {
  const config = readConfig();
  const configured = url ?? config.publicUrl;
  if (await isRunning(configured)) {
    console.log(`Using the gateway at ${configured}.`);
    return playDemo(new DemoClient(configured), console.log);
  }
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
  try {
    return await playDemo(new DemoClient(gateway.url), console.log);
  } finally {
    await gateway.stop();
  }
}

async function isRunning(url: string): Promise<boolean> {
  return fetch(`${url}/livez`).then(
    ({ ok }) => ok,
    () => false,
  );
}
