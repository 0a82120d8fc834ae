import { existsSync, readFileSync } from "node:fs";
import { parse } from "lossless-json";

/** The raw text, because parsing would already change the numbers in it. */
export function readProviderFixture(name: string): string {
  return readFileSync(new URL(`../fixtures/provider/${name}.json`, import.meta.url), "utf8");
}

/** The contract's own data lies beside the project in some checkouts. Nothing depends on it. */
const contractFolder = new URL("../../../shared/upstream/", import.meta.url);

export const describeWithContract = existsSync(contractFolder) ? describe : describe.skip;

export function contractPath(path: string): URL {
  return new URL(path, contractFolder);
}

export function readContract(path: string): unknown {
  return parse(readFileSync(contractPath(path), "utf8"));
}
