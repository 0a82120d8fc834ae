import { readFileSync } from "node:fs";

/** The raw text, because parsing would already change the numbers in it. */
export function readProviderFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/provider/${name}.json`, import.meta.url), "utf8");
}
