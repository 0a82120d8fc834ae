// Secrets that a platform hands over as files: NAME_FILE says where the value of NAME lies.

import { existsSync, readFileSync } from "node:fs";

export const fileNames = [
  "PROVIDER_CLIENT_SECRET",
  "PROVIDER_API_KEY",
  "WEBHOOK_SIGNING_SECRET",
  "DATABASE_URL",
  "REDIS_URL",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "SANDBOX_CLIENT_SECRET",
  "SANDBOX_API_KEY",
  "SANDBOX_SIGNING_SECRET",
] as const;

type FileName = (typeof fileNames)[number];
type Values = Readonly<Record<string, string | undefined>>;

export function fileOf(name: FileName, environment: Values): string | null {
  return environment[`${name}_FILE`] || null;
}

/** As if the file were not named, where it is still to be made. */
export function withoutUnmadeFile(name: FileName, environment: Values): Values {
  const file = fileOf(name, environment);
  return file !== null && !existsSync(file) ? { ...environment, [`${name}_FILE`]: undefined } : environment;
}

/** `unread` has the mistake of each name that could not be read. */
export function withFileValues(
  environment: Values,
  names: readonly string[],
): { values: Values; unread: Map<string, string> } {
  const values = { ...environment };
  const unread = new Map<string, string>();
  for (const name of fileNames.filter((each) => names.includes(each))) {
    const path = fileOf(name, environment);
    if (path === null) continue;
    if (environment[name] !== undefined) {
      unread.set(name, `${name}_FILE: cannot be set together with ${name}`);
      continue;
    }
    try {
      // An editor ends the last line; no value ends with one.
      const value = readFileSync(path, "utf8").trimEnd();
      if (value === "") unread.set(name, `${name}_FILE: the file is empty`);
      else values[name] = value;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const example = `${name}_FILE=/run/secrets/${name.toLowerCase()}`;
      unread.set(name, `${name}_FILE: the file cannot be read (${code}), e.g. ${example}`);
    }
  }
  return { values, unread };
}
