import { existsSync, readFileSync } from "node:fs";

/** Of the package that this file lies in, wherever the build has put it. */
export function productVersion(): string {
  let folder = new URL(".", import.meta.url);
  while (!existsSync(new URL("package.json", folder)) && folder.pathname !== "/") folder = new URL("..", folder);
  const { version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
  return version as string;
}
