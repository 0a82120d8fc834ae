import { type Build, buildGateway } from "./support/built-gateway.js";
import { startKeyedGateway } from "./support/credentials.js";
import { eventually } from "./support/eventually.js";
import type { TestClient } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

const ask = "{ customers { totalCount } }";

/** The part behind the public id. */
function secretOf(key: string): string {
  return key.slice("pgk_0123456789abcdef_".length);
}

async function codeOf(client: TestClient): Promise<string> {
  const { errors } = await client.request(ask);
  return errors ? String(errors[0]?.extensions?.code) : "answered";
}

test("without a credential nothing is answered, and the answer says what to send", async () => {
  const { clientWith, gateway, provider } = await startKeyedGateway();
  const response = await clientWith().post({ query: ask });
  expect(response.status).toBe(401);
  expect(response.headers.get("www-authenticate")).toBe("Bearer");
  expect(await response.json()).toEqual({
    errors: [{ message: "Send the header authorization: Bearer TOKEN.", extensions: { code: "UNAUTHENTICATED" } }],
  });
  for (const path of ["/graphql?query={__typename}", "/graphql/stream?query=subscription{statusChanged{cursor}}"]) {
    expect((await fetch(`${gateway.url}${path}`)).status).toBe(401);
  }
  for (const authorization of [
    "Basic YTpi",
    "Bearer",
    "Bearer a b",
    "pgk_x",
    "Bearer pgk_",
    "Bearer pgk_0011223344556677_x",
  ]) {
    expect((await clientWith().post({ query: ask }, { authorization })).status).toBe(401);
  }
  expect(provider.received("*")).toHaveLength(0);
});

test("a key opens its tenant's data and nobody else's, and is kept as a hash only", async () => {
  const { clientOf, database } = await startKeyedGateway();
  const [a, b] = [await clientOf("a"), await clientOf("b")];
  const { customer } = await a.createCustomer();
  expect((await a.run(ask)).customers.totalCount).toBe(1);
  expect((await b.run(ask)).customers.totalCount).toBe(0);
  expect((await b.run("query ($id: ID!) { customer(id: $id) { id } }", { id: customer.id })).customer).toBeNull();
  const secret = secretOf(a.key);
  expect(Buffer.from(secret, "base64url")).toHaveLength(32);
  const rows = await database.db.selectFrom("api_keys").selectAll().execute();
  expect(JSON.stringify(rows)).not.toContain(secret);
});

test("a key with one wrong letter, or of a key that was never made, is refused", async () => {
  const { clientOf, clientWith } = await startKeyedGateway();
  const { key } = await clientOf("a");
  const last = key.endsWith("A") ? "B" : "A";
  expect(await codeOf(clientWith(key.slice(0, -1) + last))).toBe("UNAUTHENTICATED");
  expect(await codeOf(clientWith(key.replace(/^pgk_./, (start) => (start === "pgk_0" ? "pgk_1" : "pgk_0"))))).toBe(
    "UNAUTHENTICATED",
  );
});

test("a revoked key opens nothing within seconds, nor does an expired one, nor one of a revoked tenant", async () => {
  const { clientOf, clientWith, keys, database } = await startKeyedGateway();
  const client = await clientOf("a");
  expect(await codeOf(client)).toBe("answered");
  expect(await keys.revoke(client.keyId)).toBe(true);
  await eventually(async () => (await codeOf(client)) === "UNAUTHENTICATED");
  expect(await keys.revoke(client.keyId)).toBe(false);

  const expiresAt = new Date(Date.now() + 1_500);
  const brief = clientWith((await keys.create({ tenant: "a", name: null, scopes: ["customers:read"], expiresAt })).key);
  expect(await codeOf(brief)).toBe("answered");
  await eventually(async () => (await codeOf(brief)) === "UNAUTHENTICATED");

  const other = await clientOf("b");
  expect(await codeOf(other)).toBe("answered");
  await database.db.insertInto("revoked_tenants").values({ tenant: "b", revoked_at: Date.now() }).execute();
  await eventually(async () => (await codeOf(other)) === "UNAUTHENTICATED");
});

test("the last use of a key is written down", async () => {
  const { clientOf, keys } = await startKeyedGateway();
  const client = await clientOf("a");
  const before = Date.now();
  await client.run(ask);
  await eventually(async () => {
    const row = (await keys.list()).find(({ id }) => id === client.keyId);
    return (row?.last_used_at ?? 0) >= before;
  });
});

describe("the commands", () => {
  let build: Build;
  beforeAll(async () => {
    build = await buildGateway();
  });
  afterAll(() => build.remove());

  async function command(group: string, databaseUrl: string, ...args: string[]) {
    const started = build.run("cli.js", { DATABASE_URL: databaseUrl }, [group, ...args]);
    const exitCode = await started.exitCode;
    return { exitCode, output: started.output + started.errors };
  }

  test("make a key that is shown once, list it without its secret, and revoke it under a running gateway", async () => {
    const databaseUrl = await newSqliteUrl();
    const { clientWith } = await startKeyedGateway({ databaseUrl });
    const created = await command(
      "keys",
      databaseUrl,
      "create",
      "--tenant",
      "a",
      "--scope",
      "customers:read",
      "--name",
      "shop",
      "--days",
      "3",
    );
    expect(created.exitCode).toBe(0);
    const [key = ""] = /pgk_\S+/.exec(created.output) ?? [];
    expect(await codeOf(clientWith(key))).toBe("answered");
    const listed = await command("keys", databaseUrl, "list");
    const id = key.split("_")[1] as string;
    expect(listed.output).toContain(`${id}\ta\tcustomers:read\tshop`);
    expect(listed.output).not.toContain(secretOf(key));
    expect((await command("keys", databaseUrl, "revoke", id)).exitCode).toBe(0);
    await eventually(async () => (await codeOf(clientWith(key))) === "UNAUTHENTICATED");
    expect(await command("keys", databaseUrl, "revoke", id)).toMatchObject({ exitCode: 1 });
  });

  test.each([
    [["create", "--tenant", "a"], "'--scope <scopes>' not specified"],
    [["create", "--tenant", "a", "--scope", "everything"], `There is no scope "everything".`],
    [["create", "--scope", "customers:read"], "--tenant: needed, unless the key is an operator's."],
    [["create", "--tenant", "operator", "--scope", "customers:read"], "--tenant: this name is the operator's own."],
    [["create", "--tenant", "a", "--scope", "customers:read", "--days", "soon"], "It must be a whole number above 0."],
    [["forget"], "Usage: payout-gateway keys"],
  ])("keys %j says what is wrong and exits with 2", async (args, message) => {
    const { exitCode, output } = await command("keys", "sqlite::memory:", ...args);
    expect({ exitCode, output }).toEqual({ exitCode: 2, output: expect.stringContaining(message) });
  });

  test("give a customer that the provider had before to a tenant, with its history", async () => {
    const databaseUrl = await newSqliteUrl();
    const { client, clientOf } = await startKeyedGateway({ databaseUrl });
    const { customer } = await client.createCustomer();
    const a = await clientOf("a");
    const read = () =>
      a.run("query ($id: ID!) { customer(id: $id) { id statusChanges { to: __typename } } }", { id: customer.id });
    expect((await read()).customer).toBeNull();
    expect(await command("tenants", databaseUrl, "assign", customer.id, "a")).toMatchObject({ exitCode: 0 });
    expect((await read()).customer).toEqual({ id: customer.id, statusChanges: [{ to: "CustomerStatusChange" }] });
    expect(await command("tenants", databaseUrl, "assign", "nobody", "a")).toMatchObject({ exitCode: 1 });
  });

  test("revoke a tenant and restore it", async () => {
    const databaseUrl = await newSqliteUrl();
    const { clientOf } = await startKeyedGateway({ databaseUrl });
    const a = await clientOf("a");
    expect((await command("tenants", databaseUrl, "revoke", "a")).exitCode).toBe(0);
    await eventually(async () => (await codeOf(a)) === "UNAUTHENTICATED");
    expect((await command("tenants", databaseUrl, "restore", "a")).exitCode).toBe(0);
    await eventually(async () => (await codeOf(a)) === "answered");
    const database = await openTestDatabase(databaseUrl);
    expect(await database.db.selectFrom("revoked_tenants").selectAll().execute()).toEqual([]);
  });
});
