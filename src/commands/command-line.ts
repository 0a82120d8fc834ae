// payout-gateway …: every command with its help. What a command needs is loaded when it runs, so that help is quick.

import { Command, CommanderError } from "commander";
import { productVersion } from "../version.js";
import { addAudit } from "./audit.js";
import { addConfiguration } from "./configuration.js";
import { addDemo } from "./demo.js";
import { addDoctor } from "./doctor.js";
import { addKeys } from "./keys.js";
import { addMigrate } from "./migrate.js";
import { addPayouts } from "./payouts.js";
import { addRetention } from "./retention.js";
import { addSandbox } from "./sandbox.js";
import { addStart } from "./start.js";
import { addSync } from "./sync.js";
import { addTenants } from "./tenants.js";
import { addTrustedDocuments } from "./trusted-documents.js";
import { addWebhooks } from "./webhooks.js";

const wrongUsage = 2;

export async function runCommandLine(args: string[]): Promise<void> {
  const program = new Command("payout-gateway")
    .description("One typed GraphQL API for customers, documents and payouts. Settings come from the environment.")
    .version(productVersion())
    .option("--json", "answer with one JSON value, for programs")
    .exitOverride()
    .showHelpAfterError()
    .configureHelp({ showGlobalOptions: true });
  for (const add of [
    addStart,
    addDemo,
    addSandbox,
    addMigrate,
    addDoctor,
    addConfiguration,
    addKeys,
    addTenants,
    addTrustedDocuments,
    addWebhooks,
    addSync,
    addPayouts,
    addAudit,
    addRetention,
  ]) {
    add(program);
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help that was asked for is no fault; help because no command was named is one.
    const isAskedFor = ["commander.helpDisplayed", "commander.version"].includes(error.code);
    process.exitCode = isAskedFor ? 0 : wrongUsage;
  }
}
