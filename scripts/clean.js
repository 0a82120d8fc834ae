// A file that was renamed must not live on in dist. The page stays: a running gateway serves it from there.
import { existsSync, readdirSync, rmSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);
for (const name of existsSync(dist) ? readdirSync(dist) : []) {
  if (name !== "dashboard") rmSync(new URL(name, dist), { recursive: true });
}
