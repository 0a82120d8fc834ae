// An empty database that the product itself has migrated, and keys that its own command has made, to be copied.

import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "../machine/free-port.js";
import { startGatewayProcess } from "./gateway-process.js";
import { type Caller, callerOf, keyArguments } from "./gateway-settings.js";

export interface Template {
  file: string;
  /** The owner of the sample data. */
  partner: Caller;
  operator: Caller;
}

const commandLine = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));

export async function makeTemplate(directory: string): Promise<Template> {
  const file = join(directory, "template.db");
  const environment = { DATABASE_URL: `sqlite:${file}` };
  const gateway = await startGatewayProcess({ ...environment, SANDBOX_PORT: String(await freePort()) });
  await gateway.stop();
  return { file, partner: await makeKey(environment, "partner"), operator: await makeKey(environment, "operator") };
}

/** A key that the product's own command makes, in whatever database. */
export async function makeKey(env: Record<string, string>, kind: keyof typeof keyArguments): Promise<Caller> {
  const args = [commandLine, "keys", "create", ...keyArguments[kind]];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const [key] = /^pgk_\S+/.exec(stdout) ?? [];
  if (!key) throw new Error("No key was made.");
  return callerOf(key);
}
