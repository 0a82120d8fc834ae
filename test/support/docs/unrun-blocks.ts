// The blocks of the documentation that no test runs, each with the reason.

interface UnrunBlock {
  page: string;
  /** How its text begins. */
  begins: string;
  reason: string;
}

export const unrun: readonly UnrunBlock[] = [
  {
    page: "README.md",
    begins: "npm ci && npm start",
    reason:
      "installs and then runs until it is stopped; .ci/run installs, and the tests of the dashboard start what it starts",
  },
  { page: "README.md", begins: "npm ci && npm test", reason: "it would run this test, too" },
  { page: "README.md", begins: "npm run demo", reason: "test/demo.test.ts runs it, compiled to a folder of its own" },
  { page: "README.md", begins: " clients ──", reason: "a drawing" },
  { page: "docs/model.md", begins: "VIOLATION: ", reason: "test/model/model.test.ts finds this history" },
  { page: "docs/operations/capacity.md", begins: "npm run bench", reason: "it takes half an hour of a quiet machine" },
  {
    page: "README.md",
    begins: "PROVIDER_URL=https://provider.example",
    reason: "needs a real provider and its secrets",
  },
  {
    page: "README.md",
    begins: "npm run keys -- create",
    reason: "test/access-keys.test.ts runs these commands, compiled to a folder of their own",
  },
  {
    page: "README.md",
    begins: "npm run audit -- list 100",
    reason: "test/audit-commands.test.ts runs these commands, compiled to a folder of their own",
  },
  {
    page: "README.md",
    begins: "DATABASE_URL=postgres://",
    reason: "runs until it is stopped; the tests of what differs between databases start the same on PostgreSQL",
  },
  {
    page: "docs/live-status.md",
    begins: '{\n  "message": "What came after',
    reason: "takes a log of more than a week; test/expired-cursors.test.ts has one",
  },
  {
    page: "docs/operations/runbook.md",
    begins: "RETENTION_STATUS_LOG_DAYS=90 npx",
    reason: "test/retention-command.test.ts runs these commands, compiled to a folder of their own",
  },
  { page: "docs/faults.md", begins: "npm run faults", reason: "runs for minutes; test/faults plays a slice of it" },
  {
    page: "docs/sandbox.md",
    begins: "npx payout-gateway sandbox trigger webhook",
    reason: "test/command-line.test.ts runs these commands, compiled to a folder of their own",
  },
  {
    page: "docs/sandbox.md",
    begins: "npm run sandbox",
    reason:
      "runs until it is stopped; test/standalone-sandbox.test.ts starts the same, compiled to a folder of its own",
  },
];
