// The provider shows a signing secret once: whether it can be kept is found out before the provider is asked for it.

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { messageOf, Refused } from "./answer.js";

const onlyOwner = 0o600;
// While a secret is rotated, deliveries signed with the former one are still tried again.
const mostKept = 2;

export class SecretFile {
  readonly #path: string;
  readonly #written: string;
  readonly #file: number;

  /** Throws a Refused where it cannot be written. */
  constructor(path: string) {
    this.#path = path;
    this.#written = `${path}.new`;
    try {
      this.#file = openSync(this.#written, "wx", onlyOwner);
    } catch (error) {
      throw new Refused(`The secret could not be kept in ${path}: ${messageOf(error)}`);
    }
  }

  /** The newest first, one to a line. */
  keep(secret: string): void {
    const former = existsSync(this.#path) ? readFileSync(this.#path, "utf8").split(/[\n,]/) : [];
    const known = former.map((line) => line.trim()).filter((line) => line !== "");
    const secrets = [...new Set([secret, ...known])].slice(0, mostKept);
    writeSync(this.#file, `${secrets.join("\n")}\n`);
    fsyncSync(this.#file);
    closeSync(this.#file);
    renameSync(this.#written, this.#path);
  }

  /** Where there is nothing to keep. */
  discard(): void {
    closeSync(this.#file);
    rmSync(this.#written, { force: true });
  }
}
