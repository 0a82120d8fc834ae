// docs/configuration.md, printed from the variables themselves.

import { z } from "zod";
import { fileNames } from "./config-files.js";
import { defaultOf } from "./config-mistakes.js";
import { aloneSchema, gatewaySchema } from "./config-names.js";

export interface Variable {
  name: string;
  /** For people: code where it is a value, words where it depends. */
  byDefault: string;
  description: string;
  /** Whether a file can be named instead, by the name with _FILE behind it. */
  hasFile: boolean;
}

export function variables(): Variable[] {
  const fields = { ...gatewaySchema.shape, ...aloneSchema.shape } as Record<string, z.ZodType>;
  return (
    Object.entries(fields)
      // What only tests set is no setting.
      .filter(([name]) => !name.startsWith("TEST_"))
      .map(([name, field]) => {
        const { description = "", byDefault } = z.globalRegistry.get(field) ?? {};
        const value = defaultOf(field);
        return {
          name,
          description,
          byDefault: typeof byDefault === "string" ? byDefault : value === "" ? "" : `\`${value}\``,
          hasFile: fileNames.some((each) => each === name),
        };
      })
  );
}

const sections = [
  { title: "The gateway", prefix: "", prose: "" },
  { title: "The provider", prefix: "PROVIDER_", prose: "" },
  { title: "Webhooks", prefix: "WEBHOOK_", prose: "" },
  { title: "Who may call", prefix: "AUTH_", prose: "" },
  { title: "Traces", prefix: "OTEL_", prose: "What is traced, and what never: see [traces](operations/traces.md)." },
  {
    title: "Retention",
    prefix: "RETENTION_",
    prose: `Nothing is removed unless it is asked for: see [what grows](operations/runbook.md#retention). The least that can be set keeps what is promised: that a client which was
away for some days misses nothing, that an event which the provider sends again within its 90 days is known, and that whoever asked for a payout can be told for as
long.`,
  },
  {
    title: "Limits",
    prefix: "LIMIT_",
    prose: `Whatever is over one is refused with \`LIMIT_EXCEEDED\`, or \`RATE_LIMITED\`, the limit's name in \`extensions.limit\`, and a sentence that says how much was asked
for; \`payout_gateway_refusals_total\` counts them. What an operation costs is in \`src/http/admission/prices.ts\`. The limits of a caller do not hold while
authentication is off, since everybody is the same caller then. An address is that of the connection: behind a proxy, the proxy's. A query by GET, and
an upload, needs the header \`apollo-require-preflight\` with any value, which no page of another site can send.`,
  },
  {
    title: "The sandbox",
    prefix: "SANDBOX_",
    prose: "The simulated provider, which runs where there is no `PROVIDER_URL`: see [the sandbox](sandbox.md).",
  },
] as const;

export function configurationPage(): string {
  const all = variables();
  const sectionOf = ({ name }: Variable) =>
    sections.find(({ prefix }) => prefix !== "" && name.startsWith(prefix)) ?? sections[0];
  const tables = sections.map((section) => {
    const rows = all.filter((variable) => sectionOf(variable) === section);
    return [`## ${section.title}`, ...(section.prose ? [section.prose] : []), toTable(rows)].join("\n\n");
  });
  return `${[introduction, ...tables].join("\n\n")}\n`;
}

const introduction = `# Configuration

Printed from the sources by \`npm run configuration\`; a test fails while the two differ.

Environment variables. An empty one counts as unset. Every mistake is named at once when the gateway starts, with its variable, its fault and an example. A name
that looks like one of these and is none is warned about. \`payout-gateway doctor\` tells whether what is set leads anywhere.

Where two names stand in a row, the second one names a file that holds the value, such as \`PROVIDER_CLIENT_SECRET_FILE=/run/secrets/provider\`.`;

function toTable(rows: readonly Variable[]): string {
  const lines = rows.map(({ name, hasFile, byDefault, description }) => {
    const names = hasFile ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``;
    return `| ${[names, byDefault, description].join(" | ")} |`;
  });
  return ["| name | default | meaning |", "| --- | --- | --- |", ...lines].join("\n");
}
