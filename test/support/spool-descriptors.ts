import { existsSync, readdirSync, readlinkSync } from "node:fs";

const descriptors = "/proc/self/fd";

/** Open files without a name can be seen on Linux only. */
export const canSeeNameless = existsSync(descriptors);

/** What the spool holds in a directory at this moment: files with a name, and open ones whose name is gone already. */
export function spooledIn(directory: string): string[] {
  return [...readdirSync(directory), ...openDescriptors().filter((target) => target.startsWith(directory))];
}

function openDescriptors(): string[] {
  if (!canSeeNameless) return [];
  return readdirSync(descriptors).flatMap((descriptor) => {
    try {
      return [readlinkSync(`${descriptors}/${descriptor}`)];
    } catch {
      return []; // the descriptor that listed the directory
    }
  });
}
