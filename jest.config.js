// Jest sets NODE_ENV to "test". Builds, gateways and shells that a test starts must run as they do for a reader.
// biome-ignore lint/style/noProcessEnv: the test runner is no part of the product
delete process.env.NODE_ENV;

/** @type {import("jest").Config} */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  // Sources import each other with the `.js` they have once built; a name in `.json.js` is a package's own.
  moduleNameMapper: { "^(\\.{1,2}/.*)(?<!\\.json)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        jsc: {
          target: "es2022",
          parser: { syntax: "typescript", decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        sourceMaps: "inline",
      },
    ],
  },
  testSequencer: "<rootDir>/test/support/longest-first.js",
  maxWorkers: 2,
  // What a file loaded is not all let go of after it: to collect in a process that has run seventy takes a second each time.
  workerIdleMemoryLimit: "1GB",
  testTimeout: 30_000,
};
