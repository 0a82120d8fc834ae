import type { RunningProcess } from "./built-gateway.js";

/** The lines that a sandbox prints for whoever starts a gateway against it. */
export async function readSandboxLines(sandbox: RunningProcess): Promise<Record<string, string>> {
  await sandbox.printed(/^AUTH_DISABLED=true$/m);
  return Object.fromEntries(
    [...sandbox.output.matchAll(/^([A-Z_]+)=(.+)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
}
