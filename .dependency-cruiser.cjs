// Imports run one way. A part may import the parts named beside it and nothing else of ours; no circle anywhere.

const parts = {
  config: [],
  // Pure rules over plain data.
  domain: [],
  schema: [],
  telemetry: [],
  store: ["schema"],
  datasources: ["domain", "schema"],
  mirror: ["domain", "datasources", "schema", "store", "telemetry"],
  access: ["schema", "store", "telemetry"],
  webhooks: ["mirror", "datasources", "schema", "store", "telemetry"],
  retention: ["mirror", "access", "store", "telemetry"],
  journal: ["domain", "mirror", "access", "datasources", "schema", "store", "telemetry"],
  resolvers: ["journal", "webhooks", "mirror", "access", "datasources", "schema", "store", "telemetry"],
  http: ["resolvers", "journal", "webhooks", "mirror", "access", "datasources", "schema", "store", "telemetry"],
  // It knows the gateway only by HTTP; its own entry reads the configuration.
  sandbox: ["config"],
};

const folderOf = (part) => (part === "config" ? "^src/config[a-z-]*\\.ts$" : `^src/${part}/`);

module.exports = {
  forbidden: [
    { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
    ...Object.entries(parts).map(([part, allowed]) => ({
      name: `floor-of-${part}`,
      severity: "error",
      from: { path: folderOf(part) },
      to: { path: "^src/", pathNot: [part, ...allowed].map(folderOf) },
    })),
    {
      name: "resolvers-hold-no-http-and-no-sql",
      severity: "error",
      from: { path: "^src/resolvers/" },
      to: { path: "(^|/)(node-fetch|kysely|better-sqlite3|pg|fastify|node:http|node:https|http|https)($|/)" },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
