import { readdirSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canSeeNameless } from "./spool-descriptors.js";

const descriptors = "/proc/self/fd";
const prefix = join(tmpdir(), "payout-gateway-");

/** The temporary files that a gateway in this process holds: they have no name, so only Linux can tell. */
export function spooledFiles(): string[] {
  if (!canSeeNameless) return [];
  return readdirSync(descriptors).flatMap((descriptor) => {
    try {
      const target = readlinkSync(`${descriptors}/${descriptor}`);
      return target.startsWith(prefix) ? [target] : [];
    } catch {
      return []; // the descriptor that listed the directory
    }
  });
}

/** Turns until so many files are held. */
export async function untilSpooled(isEnough: (count: number) => boolean): Promise<void> {
  if (!canSeeNameless) return;
  while (!isEnough(spooledFiles().length)) await new Promise((resolve) => setImmediate(resolve));
}
