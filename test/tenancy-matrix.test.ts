// Tenant A asks, by every operation of the schema, for what is tenant B's. Nothing of B may be in any answer.

import { jest } from "@jest/globals";
import type { GraphQLArgument, GraphQLSchema } from "graphql";
import { getNamedType, isInputObjectType } from "graphql";
import { fieldNeeds } from "../src/access/field-scopes.js";
import { type KeyedGateway, startKeyedGateway } from "./support/credentials.js";
import { readPrintedSchema } from "./support/fixed-api.js";
import { type GeneratedOperation, generatedOperations } from "./support/generated-operations.js";
import { openSocket } from "./support/raw-socket.js";
import { customerInput, payoutInput, pngFile, type TestClient, unique } from "./support/test-client.js";

// Some hundred requests, one after the other.
jest.setTimeout(120_000);

const schema: GraphQLSchema = readPrintedSchema();

/** Everything of B's that A could know or guess. */
interface Owned {
  customerId: string;
  documentId: string;
  payoutId: string;
  transactionId: string;
  idempotencyKey: string;
  merchantReference: string;
  cursors: string[];
  pageCursors: string[];
  /** What would give B away: names, addresses, ids, amounts that nobody else has. */
  marks: string[];
}

async function populate(client: TestClient, mark: string, amount: string): Promise<Owned> {
  const customer = await client.verifiedCustomer({ firstName: mark, email: `${mark}@example.com` });
  const idempotencyKey = `${mark}-key`;
  const { payout } = await client.createPayout({
    customerId: customer.id,
    idempotencyKey,
    note: `${mark}-note`,
    amount: { send: amount },
  });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const { customers, payouts, statusChanges } = await client.run(`{
    customers { edges { cursor } nodes { documents { id } cursor } }
    payouts { edges { cursor } nodes { cursor transactionId merchantReference reference } }
    statusChanges { cursor }
  }`);
  const [{ transactionId, merchantReference, reference }] = payouts.nodes;
  const documentId = customers.nodes[0].documents[0].id;
  return {
    customerId: customer.id,
    documentId,
    payoutId: payout.id,
    transactionId,
    idempotencyKey,
    merchantReference,
    cursors: statusChanges.map(({ cursor }: { cursor: string }) => cursor),
    pageCursors: [...customers.edges, ...payouts.edges].map(({ cursor }: { cursor: string }) => cursor),
    marks: [customer.id, payout.id, documentId, transactionId, merchantReference, reference, mark, amount],
  };
}

/** What A puts where an id, a cursor, a key or a search can stand. */
function values(name: string, owned: Owned): unknown[] {
  const ids = [owned.customerId, owned.documentId, owned.payoutId, owned.transactionId, owned.idempotencyKey];
  switch (name) {
    case "after":
      return [...owned.cursors.slice(0, 2), owned.cursors.at(-1), ...owned.pageCursors, null];
    case "first":
      return [100];
    case "filter":
      return [
        null,
        { customerId: owned.customerId },
        { search: owned.marks[6] },
        { currency: "NGN" },
        { status: ["VERIFIED"] },
        { status: ["SUCCESSFUL"] },
      ];
    default:
      return /id$|key$/i.test(name) ? ids : [null];
  }
}

const given: Record<string, unknown> = {
  currency: "NGN",
  country: "NG",
  bankId: "1",
  accountNumber: "0222500691",
};

/** One input for each mutation; a mutation that is added later has to be added here. */
const inputs: Record<string, (owned: Owned) => Record<string, unknown>[]> = {
  createCustomer: ({ idempotencyKey }) => [
    customerInput({ idempotencyKey }),
    customerInput({ idempotencyKey: unique("k") }),
  ],
  updateCustomer: ({ customerId }) => [{ customerId, firstName: "Changed" }],
  requestDocumentUpload: ({ customerId }) => [
    { customerId, category: "IDENTITY", fileName: "a.png", contentType: "image/png" },
  ],
  uploadDocument: ({ customerId }) => [{ customerId, category: "IDENTITY", file: null }],
  attachDocuments: ({ customerId, documentId }) => [{ customerId, documentIds: [documentId] }],
  submitDocuments: ({ customerId }) => [{ customerId, documents: [{ category: "IDENTITY", file: null }] }],
  createPayout: ({ customerId, idempotencyKey }) => [
    payoutInput({ customerId }),
    payoutInput({ customerId, idempotencyKey }),
  ],
  retryWebhookEvents: () => [{}],
  resolvePayout: ({ payoutId }) => [{ payoutId, outcome: "NOT_SENT", reason: "Not ours." }],
};

const filePaths: Record<string, string> = {
  uploadDocument: "variables.input.file",
  submitDocuments: "variables.input.documents.0.file",
};

function combinations(args: readonly GraphQLArgument[], owned: Owned): Record<string, unknown>[] {
  return args.reduce<Record<string, unknown>[]>(
    (all, arg) => {
      const options = arg.name in given ? [given[arg.name]] : fitting(arg, values(arg.name, owned));
      return all.flatMap((chosen) => options.map((value) => ({ ...chosen, [arg.name]: value })));
    },
    [{}],
  );
}

function fitting(arg: GraphQLArgument, options: unknown[]): unknown[] {
  const type = getNamedType(arg.type);
  if (!isInputObjectType(type)) return options;
  const known = Object.keys(type.getFields());
  return options.filter(
    (value) => value === null || Object.keys(value as object).every((name) => known.includes(name)),
  );
}

function isOperatorsOwn({ name }: GeneratedOperation): boolean {
  return fieldNeeds[name]?.includes("operator") ?? false;
}

let gateway: KeyedGateway;

async function bothTenants() {
  // Everything that can be reached is asked for at once.
  gateway = await startKeyedGateway({ limits: { aliases: 10_000, cost: 10_000_000, depth: 100, tokens: 100_000 } });
  const [a, b] = [await gateway.clientOf("a"), await gateway.clientOf("b")];
  await populate(a, unique("aa"), "1111.11");
  return { a, b, owned: await populate(b, unique("bb"), "4242.42") };
}

function expectNothingOf(owned: Owned, name: string, variables: unknown, answer: unknown): void {
  // What A sent itself may come back in a message.
  const sent = JSON.stringify(variables);
  const text = JSON.stringify(answer);
  const found = owned.marks.filter((mark) => text.includes(mark) && !sent.includes(mark));
  expect({ name, variables, found }).toEqual({ name, variables, found: [] });
}

test("no query of A's shows anything of B's, whatever it names", async () => {
  const { a, owned } = await bothTenants();
  for (const operation of generatedOperations(schema).filter(({ kind }) => kind === "query")) {
    if (operation.name === "Query.payoutQuotes") continue;
    for (const variables of combinations(operation.args, owned)) {
      const answer = await a.request(operation.text, variables);
      expectNothingOf(owned, operation.name, variables, answer);
      const code = answer.errors?.[0]?.extensions?.code;
      if (isOperatorsOwn(operation)) expect(code).toBe("FORBIDDEN");
      // Anything else would have been refused before anybody looked whose it is.
      else expect([undefined, "BAD_USER_INPUT", "CURSOR_INVALID"]).toContain(code);
    }
  }
});

test("what is B's is answered exactly as what does not exist", async () => {
  const { a, owned } = await bothTenants();
  const nobody = "00000000-0000-4000-8000-000000000000";
  const ids = [owned.customerId, owned.documentId, owned.payoutId, owned.transactionId, owned.idempotencyKey];
  for (const operation of generatedOperations(schema)) {
    const idArgs = operation.args.filter(({ name }) => /id$|key$/i.test(name) && !(name in given));
    if (operation.kind !== "query" || idArgs.length === 0) continue;
    const ask = async (id: string) => {
      const named = Object.fromEntries(operation.args.map(({ name }) => [name, given[name] ?? id]));
      return JSON.stringify(await a.request(operation.text, named)).replaceAll(id, "ID");
    };
    const missing = await ask(nobody);
    for (const id of ids)
      expect({ name: operation.name, answer: await ask(id) }).toEqual({ name: operation.name, answer: missing });
  }
});

test("no mutation of A's changes or shows anything of B's", async () => {
  const { a, b, owned } = await bothTenants();
  const read = () =>
    b.run(
      "{ customers { nodes { id firstName status documents { id status } } } payouts { nodes { id status } } statusCursor }",
    );
  const before = await read();
  const mutations = generatedOperations(schema).filter(({ kind }) => kind === "mutation");
  expect(mutations.map(({ field }) => field).sort()).toEqual(Object.keys(inputs).sort());
  for (const operation of mutations) {
    for (const input of inputs[operation.field]?.(owned) ?? []) {
      const path = filePaths[operation.field];
      const answer = path
        ? await a.upload(operation.text, { input }, { [path]: pngFile() })
        : await a.request(operation.text, { input });
      expectNothingOf(owned, operation.name, input, answer);
      if (isOperatorsOwn(operation)) {
        expect(answer.errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
      } else if (operation.field === "createCustomer") {
        // A key of B's is free for A: their names are apart.
        expect(answer.data).toMatchObject({ createCustomer: { replayed: false, userErrors: [] } });
      } else {
        expect({ name: operation.name, answer }).toMatchObject({
          answer: { data: { [operation.field]: { userErrors: [{ code: "NOT_FOUND" }] } } },
        });
      }
    }
  }
  const after = await read();
  expect({ ...after, statusCursor: "" }).toEqual({ ...before, statusCursor: "" });
});

test("no subscription of A's tells anything of B's, live or from a cursor, over WebSocket and SSE", async () => {
  const { a, b, owned } = await bothTenants();
  const socket = await (await openSocket(gateway.gateway.url)).init(a.key);
  const streams: Promise<string>[] = [];
  const stop = new AbortController();
  let id = 0;
  for (const operation of generatedOperations(schema).filter(({ kind }) => kind === "subscription")) {
    for (const variables of combinations(operation.args, owned)) {
      if (variables.customerId && variables.payoutId && operation.field === "statusChanged") continue;
      id += 1;
      socket.subscribe(String(id), operation.text, variables);
      if (id % 5 !== 0) continue;
      streams.push(readStream(operation.text, variables, a.key, stop.signal));
    }
  }
  // B is busy; A's own change comes last, and ends the waiting.
  const { payout } = await b.createPayout({ customerId: owned.customerId });
  await b.payoutReaching(payout.id, "SUCCESSFUL");
  await b.verifiedCustomer();
  const own = await a.createCustomer();
  const seen: string[] = [];
  socket.subscribe("last", `subscription ($after: Cursor) { statusChanged(after: $after) { cursor } }`, {
    after: owned.cursors.at(-1),
  });
  for (;;) {
    const message = await socket.take();
    seen.push(JSON.stringify(message));
    if (message.id === "last" && message.payload?.data?.statusChanged?.cursor === own.customer.cursor) break;
  }
  stop.abort();
  expect(seen.filter((message) => message.includes("LIMIT_EXCEEDED"))).toEqual([]);
  const told = [...seen, ...(await Promise.all(streams))].join("\n");
  // A cursor alone would tell that something of B's happened.
  const { statusChanges } = await b.run("{ statusChanges { cursor } }");
  const cursors = statusChanges.map(({ cursor }: { cursor: string }) => `"${cursor}"`);
  const newMarks = [payout.id, payout.merchantReference, payout.transactionId, ...cursors];
  for (const mark of [...owned.marks, ...newMarks]) expect(told.includes(mark) ? mark : "").toBe("");
  expect(told).toContain(own.customer.cursor);
});

/** Everything that the stream has sent until it is ended. */
async function readStream(query: string, variables: unknown, key: string, signal: AbortSignal): Promise<string> {
  let text = "";
  try {
    const response = await fetch(`${gateway.gateway.url}/graphql/stream`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
      signal,
    });
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk as Uint8Array).toString();
  } catch {
    // Ended by the test.
  }
  return text;
}
