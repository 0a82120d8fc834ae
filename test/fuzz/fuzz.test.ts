// Anything at all is sent to the built gateway, for FUZZ_SECONDS (12 by default, shared by the targets): none of it may end
// the process, be answered with a 500, or not be answered.

import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import fc, { type Arbitrary } from "fast-check";
import WebSocket from "ws";
import { type Build, buildGateway, type RunningProcess } from "../support/built-gateway.js";
import { readPrintedSchema } from "../support/fixed-api.js";
import { signatureOf, unixSeconds } from "../support/signed-webhooks.js";
import { TestClient } from "../support/test-client.js";
import {
  cursorRequests,
  type FuzzedRequest,
  graphqlRequests,
  multipartRequests,
  socketFrames,
  webhookBodies,
} from "./inputs.js";

const targets = 5;
const msEach = (Number(process.env.FUZZ_SECONDS ?? "12") * 1000) / targets;
const answerWithinMs = 20_000;
const secret = "fuzz-signing-secret";
const schema = readPrintedSchema();

let build: Build;
let gateway: RunningProcess;
let url: string;

beforeAll(async () => {
  build = await buildGateway();
  gateway = build.run("index.js", {
    PORT: "0",
    SANDBOX_PORT: "0",
    DATABASE_URL: "sqlite::memory:",
    SANDBOX_SIGNING_SECRET: secret,
    PROVIDER_RATE_LIMIT: "1000000/1m",
    LOG_LEVEL: "error",
    // What is refused at the door gets no further.
    LIMIT_ALIASES: "10000",
    LIMIT_COST: "10000000",
    LIMIT_DEPTH: "50",
    LIMIT_TOKENS: "50000",
  });
  url = await gateway.printed(/GraphQL API\s+(http\S+)\/graphql/);
});
afterAll(() => build.remove());

/** The answer, or null where the gateway closed the connection, as it may. */
function send({ path, method, headers, body }: FuzzedRequest): Promise<{ status: number; text: string } | null> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${url}${path}`,
      { method, headers: { ...headers, "content-length": body.length }, agent: false },
      async (answer) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
        } catch {
          resolve(null);
        }
      },
    );
    outgoing.setTimeout(answerWithinMs, () => reject(new Error(`No answer within ${answerWithinMs} ms.`)));
    outgoing.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "ECONNRESET" || error.code === "EPIPE" ? resolve(null) : reject(error),
    );
    outgoing.end(body);
  });
}

function expectSound(answer: { status: number; text: string } | null): void {
  if (!answer) return;
  if (answer.status === 500) throw new Error(`500: ${answer.text}`);
  if (answer.text.includes("INTERNAL_SERVER_ERROR")) throw new Error(answer.text);
}

async function fuzz<T>(inputs: Arbitrary<T>, play: (input: T) => Promise<void>): Promise<void> {
  await fc.assert(fc.asyncProperty(inputs, play), {
    numRuns: 10_000_000,
    interruptAfterTimeLimit: msEach,
    markInterruptAsFailure: false,
    endOnFailure: true,
  });
  expect(gateway.errors).toBe("");
  expect((await fetch(`${url}/livez`)).status).toBe(200);
}

const patience = msEach + 60_000;

test(
  "no GraphQL request is answered with a 500",
  () => fuzz(graphqlRequests(schema), async (sent) => expectSound(await send(sent))),
  patience,
);

test(
  "no cursor is answered with a 500",
  async () => {
    const client = new TestClient(url);
    await client.createCustomer();
    const { statusCursor, customers } = await client.run("{ statusCursor customers { edges { cursor } } }");
    await fuzz(cursorRequests([statusCursor, customers.edges[0].cursor]), async (sent) =>
      expectSound(await send(sent)),
    );
  },
  patience,
);

test(
  "no multipart request is answered with a 500",
  () => fuzz(multipartRequests, async (sent) => expectSound(await send(sent))),
  patience,
);

test(
  "no webhook is answered with a 5xx, signed or not",
  async () => {
    const folder = new URL("../fixtures/webhooks/payloads/", import.meta.url);
    const examples = readdirSync(folder).map(
      (name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")) as object,
    );
    const forged = fc.option(
      fc.record({ signature: fc.string({ maxLength: 80 }), timestamp: fc.string({ maxLength: 20 }) }),
      { freq: 4 },
    );
    await fuzz(fc.tuple(webhookBodies(examples), forged), async ([body, wrong]) => {
      const timestamp = wrong?.timestamp.replace(/[^\x20-\x7e]/g, "") ?? unixSeconds();
      const signature = wrong?.signature.replace(/[^\x20-\x7e]/g, "") ?? signatureOf(body, secret, timestamp);
      const headers = {
        "content-type": "application/json",
        "x-blaaiz-signature": signature,
        "x-blaaiz-timestamp": timestamp,
      };
      const answer = await send({ path: "/webhooks", method: "POST", headers, body });
      if (answer && answer.status !== (wrong ? 401 : 200)) throw new Error(`${answer.status}: ${answer.text}`);
    });
  },
  patience,
);

test("no frame ends more than its own socket", () => fuzz(socketFrames(schema), playFrames), patience);

async function playFrames(frames: string[]): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const faults: string[] = [];
  const closed = new Promise<void>((resolve) =>
    socket.once("close", (code) => {
      if (code === 1006 || code === 4500) faults.push(`closed with ${code}`);
      resolve();
    }),
  );
  socket.on("error", () => {});
  socket.on("message", (data) => {
    if (String(data).includes("INTERNAL_SERVER_ERROR")) faults.push(String(data));
  });
  await new Promise<void>((resolve) => socket.once("open", resolve));
  for (const frame of frames) if (socket.readyState === WebSocket.OPEN) socket.send(frame);
  // What comes last is answered last: all before it was worked on then.
  if (socket.readyState === WebSocket.OPEN) {
    const settled = new Promise<void>((resolve) =>
      socket.on("message", (data) => String(data).includes('"the end"') && resolve()),
    );
    socket.send(JSON.stringify({ type: "ping", payload: { note: "the end" } }));
    await Promise.race([settled, closed]);
  }
  socket.close(1000);
  await closed;
  if (faults.length > 0) throw new Error(faults.join("; "));
}
