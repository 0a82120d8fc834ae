// The published contract and API, which lie beside the project in some checkouts. The project builds, runs and passes its
// tests without them; the tests here compare its own copies with them.

import { existsSync, readFileSync } from "node:fs";
import { parse } from "lossless-json";

const folder = new URL("../../../shared/", import.meta.url);
const isThere = existsSync(folder);
if (!isThere) console.warn("../shared is missing: tests that compare the project with what it holds are skipped.");

export const testWithPublished = isThere ? test : test.skip;
export const describeWithPublished = isThere ? describe : describe.skip;

export function published(path: string): URL {
  return new URL(path, folder);
}

/** Its numbers keep their digits. */
export function readPublished(path: string): unknown {
  return parse(readFileSync(published(path), "utf8"));
}
