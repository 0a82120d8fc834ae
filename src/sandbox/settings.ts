import { randomBytes, randomUUID } from "node:crypto";
import type { StateFile } from "./state-file.js";

export class Settings {
  readonly #db: StateFile;

  constructor(db: StateFile) {
    this.#db = db;
  }

  get(name: string): string | undefined {
    return this.#db.prepare<[string], string>("SELECT value FROM settings WHERE name = ?").pluck().get(name);
  }

  set(name: string, value: string): void {
    this.#db.prepare("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)").run(name, value);
  }

  /** What is given wins and is kept; else what was kept; else something new, kept from now on. */
  keep(name: string, given: string | undefined, create: () => string): string {
    const value = given ?? this.get(name) ?? create();
    this.set(name, value);
    return value;
  }
}

export interface Credentials {
  clientId: string;
  clientSecret: string;
  apiKey: string;
  signingSecret: string;
}

export function keepCredentials(settings: Settings, given: Partial<Credentials>): Credentials {
  return {
    clientId: settings.keep("clientId", given.clientId, () => randomUUID()),
    clientSecret: settings.keep("clientSecret", given.clientSecret, () => randomBytes(20).toString("hex")),
    apiKey: settings.keep("apiKey", given.apiKey, () => randomBytes(20).toString("hex")),
    signingSecret: settings.keep("signingSecret", given.signingSecret, () => randomBytes(32).toString("hex")),
  };
}
