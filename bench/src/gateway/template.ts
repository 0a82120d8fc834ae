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
  const create = async (args: string[]): Promise<Caller> => {
    const { stdout } = await promisify(execFile)(process.execPath, [commandLine, "keys", "create", ...args], {
      env: environment,
    });
    const [key] = /^pgk_\S+/.exec(stdout) ?? [];
    if (!key) throw new Error("No key was made.");
    return callerOf(key);
  };
  return { file, partner: await create(keyArguments.partner), operator: await create(keyArguments.operator) };
}
