// A file that was renamed must not live on in dist. A running gateway serves the page from there, and loads from the bundle
// what it needs only now: both stay.
import { existsSync, readdirSync, rmSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);
for (const name of existsSync(dist) ? readdirSync(dist) : []) {
  if (name !== "dashboard" && name !== "bundled") rmSync(new URL(name, dist), { recursive: true });
}
