// The file that was opened is the one at its path. Where it was deleted or replaced, everything written goes to a file that
// nobody finds again, and a restart would know nothing of it.

import { statSync } from "node:fs";
import { DatabaseUnavailable } from "./database-unavailable.js";

class FileReplaced extends DatabaseUnavailable {
  readonly code = "FILE_REPLACED";

  constructor() {
    super("The database file was replaced or deleted. Put it back or restart the gateway.");
  }
}

export class SqliteFile {
  readonly path: string;
  readonly #identity: string;

  constructor(path: string) {
    this.path = path;
    this.#identity = identityOf(path);
  }

  /** Throws where the path leads to another file now. */
  requireSame(): void {
    if (identityOf(this.path) !== this.#identity) throw new FileReplaced();
  }
}

function identityOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : "";
}
