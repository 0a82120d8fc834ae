import { readFileSync } from "node:fs";

/** Of the package that this file lies in, compiled or not. */
export function productVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return version as string;
}
