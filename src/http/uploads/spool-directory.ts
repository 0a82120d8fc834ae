import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface SpoolDirectory {
  path: string;
  stop(): Promise<void>;
}

/** A directory of our own for what does not fit into memory; nobody else may look into it. */
export async function startSpoolDirectory(): Promise<SpoolDirectory> {
  const path = await mkdtemp(join(tmpdir(), "payout-gateway-"));
  return { path, stop: () => rm(path, { recursive: true, force: true }) };
}
