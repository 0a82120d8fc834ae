import { ConfigError, readSandboxConfig } from "../config.js";
import { startSandbox } from "./sandbox.js";

// Longer than a stop takes; a handle that somebody left open must not keep the process.
const stopWithinMs = 2000;

try {
  const sandbox = await startSandbox(readSandboxConfig());

  console.log(`The simulated provider listens on ${sandbox.url}. A gateway works against it when started with

PROVIDER_URL=${sandbox.url}
PROVIDER_CLIENT_ID=${sandbox.clientId}
PROVIDER_CLIENT_SECRET=${sandbox.clientSecret}
WEBHOOK_SIGNING_SECRET=${sandbox.signingSecret}
AUTH_DISABLED=true
`);

  const stop = () => {
    setTimeout(() => process.exit(), stopWithinMs).unref();
    void sandbox.stop();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
