import { fileURLToPath } from "node:url";
import { ConfigError, readConfig } from "./config.js";
import { startGateway } from "./gateway.js";
import { NewerDatabase } from "./store/migration-state.js";
import { createLogger } from "./telemetry/logger.js";
import { printWelcome } from "./welcome.js";

async function start(): Promise<void> {
  const config = readConfig();
  const logger = createLogger(config.logLevel, config.isTerminal);
  for (const warning of config.warnings) logger.warn(warning);
  const dashboardFolder = fileURLToPath(new URL("dashboard", import.meta.url));
  const gateway = await startGateway(config, { logger, dashboardFolder, abort: () => process.exit(1) });

  const stop = async (signal: string) => {
    logger.info({ signal }, "stopping");
    // What does not end in time is cut off: it is on disk, and the next start goes on from there.
    setTimeout(() => process.exit(1), config.shutdownTimeoutMs).unref();
    await gateway.stop();
    logger.info("stopped");
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // Whoever reads that it runs may end it.
  printWelcome(gateway);
}

start().catch((error) => {
  // What an operator can mend needs no stack.
  const isMendable = error instanceof ConfigError || error instanceof NewerDatabase;
  console.error(isMendable ? error.message : error);
  process.exitCode = 1;
});
