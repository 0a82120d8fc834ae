import { pino } from "pino";
import { AuditTrail } from "../src/access/audit-trail.js";
import type { AuditOutcome } from "../src/schema/audit.enum.js";
import { auditPage, countAudit } from "../src/store/audit.queries.js";
import { startAuditedGateway, trailOf } from "./support/audited-gateway.js";
import { customerInput } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";

const list = `query ($first: Int, $after: String, $filter: AuditFilter) {
  auditEntries(first: $first, after: $after, filter: $filter) {
    totalCount
    edges { cursor node { id } }
    nodes { id at tenant principal action objectType objectId outcome detail requestId previousHash hash }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const createCustomer = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id } }
}`;

async function startWithTwoTenants() {
  const gateway = await startAuditedGateway();
  const { ask, keyFor } = gateway;
  const operator = await keyFor("operator", ["operator"]);
  const ids = [];
  for (const tenant of ["acme", "umbrella", "acme"]) {
    const { key } = await keyFor(tenant, ["customers:write"]);
    const { data } = await ask(key, createCustomer, { input: customerInput() });
    ids.push(data.createCustomer.customer.id);
  }
  // biome-ignore lint/suspicious/noExplicitAny: the tests know what they asked for
  const read = async (variables: object = {}): Promise<any> => {
    const { data, errors } = await ask(operator.key, list, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data.auditEntries;
  };
  return { ...gateway, operator, ids, read };
}

test("an operator reads the trail, the newest entry first, as it was written", async () => {
  const { read, database, ids } = await startWithTwoTenants();
  const { totalCount, nodes, pageInfo } = await read();
  expect(totalCount).toBe(6);
  expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  const written = (await trailOf(database.db)).reverse();
  expect(nodes.map(({ id }: { id: string }) => id)).toEqual(written.map(({ seq }) => String(seq)));
  const { at, hash, previous_hash, principal, request_id } = written[0]!;
  expect(nodes[0]).toEqual({
    id: "6",
    at: new Date(at).toISOString(),
    tenant: "acme",
    principal,
    action: "createCustomer",
    objectType: "customer",
    objectId: ids[2],
    outcome: "DONE",
    detail: '{"attempt":5,"status":"PENDING"}',
    requestId: request_id,
    previousHash: previous_hash,
    hash,
  });
});

test("pages of the trail join without a gap or a repeat, also while entries are added", async () => {
  const { read, ask, operator } = await startWithTwoTenants();
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo } = await read({ first: 4, after });
    seen.push(...nodes.map(({ id }: { id: string }) => id));
    expect(pageInfo.hasPreviousPage).toBe(after !== null);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    await ask(operator.key, 'mutation { updateCustomer(input: { customerId: "x" }) { userErrors { code } } }');
  } while (after !== null);
  expect(seen).toEqual(["6", "5", "4", "3", "2", "1"]);
});

test("the trail is listed by tenant, caller, action, object, outcome and time", async () => {
  const { read, ids } = await startWithTwoTenants();
  const idsBy = async (filter: object) => (await read({ filter })).nodes.map(({ id }: { id: string }) => id);
  expect(await idsBy({ tenant: "umbrella" })).toEqual(["4", "3"]);
  const { nodes } = await read();
  expect(await idsBy({ principal: nodes[0].principal })).toEqual(["6", "5"]);
  expect(await idsBy({ action: "createCustomer" })).toHaveLength(6);
  expect(await idsBy({ action: "createPayout" })).toEqual([]);
  expect(await idsBy({ objectId: ids[1] })).toEqual(["4"]);
  expect(await idsBy({ outcome: ["ATTEMPTED"], tenant: "acme" })).toEqual(["5", "1"]);
  expect(await idsBy({ outcome: [] })).toEqual([]);
  expect(await idsBy({ from: nodes[2].at, to: new Date(Date.now() + 60_000).toISOString() })).toContain("6");
  expect(await idsBy({ to: nodes[5].at })).toEqual([]);
  expect((await read({ filter: { tenant: "umbrella" }, first: 1 })).totalCount).toBe(2);
});

test("a page, a cursor or a filter that cannot be is refused", async () => {
  const { ask, operator } = await startWithTwoTenants();
  const wrong = [
    { first: 0 },
    { after: "nonsense" },
    { after: Buffer.from("audit 06").toString("base64") },
    { filter: { from: "2026-02-02T00:00:00Z", to: "2026-02-01T00:00:00Z" } },
  ];
  for (const variables of wrong) {
    const { errors } = await ask(operator.key, list, variables);
    expect({ variables, errors }).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
  }
  const { errors } = await ask(operator.key, list, { first: 101 });
  expect(errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", limit: "page" } }]);
});

test("nobody but an operator reads the trail", async () => {
  const { ask, keyFor } = await startWithTwoTenants();
  const { key } = await keyFor("acme", ["customers:read", "payouts:read", "pii:read"]);
  const { data, errors } = await ask(key, list);
  expect(data ?? null).toBeNull();
  expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
});

forEachDatabase((_name, open) => {
  test("conditions on the trail mean the same on every engine", async () => {
    const database = await open();
    const { db } = database;
    const audit = new AuditTrail(database, pino({ level: "silent" }));
    const write = (tenant: string, id: string, outcome: AuditOutcome) =>
      audit.append(
        { principal: { id: `key:${tenant}`, tenant }, action: "a", object: { type: "payout", id } },
        outcome,
      );
    await write("acme", "p-1", "ATTEMPTED");
    await write("acme", "p-1", "DONE");
    await write("umbrella", "p-2", "REFUSED");
    const seqs = async (search: object) =>
      (await auditPage(db, search, { first: 10, before: null })).map(({ seq }) => seq);
    expect(await seqs({})).toEqual([3, 2, 1]);
    expect(await seqs({ tenant: "acme" })).toEqual([2, 1]);
    expect(await seqs({ objectId: "p-2" })).toEqual([3]);
    expect(await seqs({ outcome: ["DONE", "REFUSED"] })).toEqual([3, 2]);
    expect(await seqs({ outcome: [] })).toEqual([]);
    expect(await seqs({ from: new Date(0), to: new Date(Date.now() + 1) })).toEqual([3, 2, 1]);
    expect(await seqs({ to: new Date(0) })).toEqual([]);
    expect(await countAudit(db, { tenant: "acme" })).toBe(2);
    const page = await auditPage(db, {}, { first: 1, before: 3 });
    expect(page.map(({ seq }) => seq)).toEqual([2, 1]);
  });
});
