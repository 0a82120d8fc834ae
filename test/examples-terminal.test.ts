import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jest } from "@jest/globals";
import { startKeyedGateway } from "./support/credentials.js";
import { CuttableLine } from "./support/cuttable-line.js";
import { runExample, type ScriptResult } from "./support/example-script.js";
import { moveCustomer } from "./support/provider-calls.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { hasTerminal } from "./support/terminal.js";
import { pngFile } from "./support/test-client.js";

jest.setTimeout(90_000);

const partnerScript = "examples/partner-script/pay-invoice.mjs";
const canRun = hasTerminal || process.env.REQUIRE_SERVICES === "1";
if (!canRun) console.warn("The example in a shell is not run: bash, curl, sed or base64 is missing.");

let folder: string;
let passport: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "examples-"));
  passport = join(folder, "passport.png");
  writeFileSync(passport, pngFile().bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

test("the partner's script pays an invoice with its key, once, although the line breaks and it is run again", async () => {
  const { clientOf, provider } = await startKeyedGateway({ sandbox: { reviewDelayMs: 60_000 } });
  const client = await clientOf("shop");
  const line = await CuttableLine.to(client.url);
  const environment = { GATEWAY_URL: line.url, GATEWAY_KEY: client.key };
  const { statusCursor } = await client.run("{ statusCursor }");
  const following = client.follow({ after: statusCursor });

  let first = Promise.resolve<ScriptResult | null>(null);
  // Cut as soon as the script has been told something: it has to go on from there.
  await new Promise<void>((resolve, reject) => {
    const onOutput = (output: string) => output.includes("customer PROCESSING") && resolve();
    first = runExample(process.execPath, [partnerScript, "invoice-12", passport], environment, onOutput);
    void first.then((result) => reject(new Error(`It has ended: ${result?.errors}`)));
  });
  line.cut();
  const { customers } = await client.run("{ customers { nodes { id } } }");
  await moveCustomer(provider, customers.nodes[0].id, "VERIFIED");
  await following.until(({ to }) => to === "VERIFIED");
  await following.stop();
  line.mend();
  const { exitCode, output, errors } = (await first) as ScriptResult;
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
  expect(
    output
      .replaceAll(/[0-9a-f]+(-[0-9a-f]+){4}/g, "ID")
      .trim()
      .split("\n"),
  ).toEqual([
    "customer ID is PENDING",
    "customer PROCESSING (MUTATION)",
    "customer VERIFIED (WEBHOOK)",
    "payout ID",
    "payout PENDING (MUTATION)",
    "payout PROCESSING (WEBHOOK)",
    "payout SUCCESSFUL (WEBHOOK)",
    "paid invoice-12",
  ]);

  const second = await runExample(process.execPath, [partnerScript, "invoice-12", passport], environment);
  expect(second).toMatchObject({ exitCode: 0, output: expect.stringContaining("was made before") });
  expect(provider.received("POST /customer")).toHaveLength(1);
  expect(provider.received("POST /payout")).toHaveLength(1);
});

test("the partner's script says why it may not go on", async () => {
  const { client } = await startKeyedGateway();
  const environment = { GATEWAY_URL: client.url, GATEWAY_KEY: "pgk_0011223344556677_x" };
  const { exitCode, errors } = await runExample(process.execPath, [partnerScript, "invoice-12", passport], environment);
  expect(exitCode).toBe(1);
  expect(errors).toContain("The API key is not valid.");
});

(canRun ? test : test.skip)("the walk-through with curl ends with a payout that has arrived", async () => {
  const { client } = await startTestGateway();
  const { exitCode, output, errors } = await runExample("examples/curl/walk-through.sh", [], {
    GATEWAY_URL: client.url,
  });
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
  expect([...output.matchAll(/"(?:customer|document|payout)":"(\w+)"/g)].map(([, status]) => status)).toEqual([
    "REQUESTED",
    "UPLOADED",
    "ATTACHED",
    "PROCESSING",
    "VERIFIED",
    "SUBMITTING",
    "PENDING",
    "PROCESSING",
    "SUCCESSFUL",
  ]);
});
