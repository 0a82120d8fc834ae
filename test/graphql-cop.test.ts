// What graphql-cop tries on every endpoint, tried by a stranger: a tenant with a key of its own, who is no operator.

import { type AuthenticatedGateway, startAuthenticatedGateway } from "./support/authenticated-gateway.js";

interface Answer {
  status: number;
  text: string;
  body: { data?: unknown; errors?: { message: string; extensions: Record<string, unknown> }[]; extensions?: unknown };
}

let gateway: AuthenticatedGateway;
let headers: Record<string, string>;

beforeEach(async () => {
  gateway = await startAuthenticatedGateway({ config: { introspection: "operator" } });
  headers = { "content-type": "application/json", ...(await gateway.keyOf("stranger")) };
});

async function send(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(`${gateway.client.url}${path}`, init);
  const text = await response.text();
  return { status: response.status, text, body: text.startsWith("{") ? JSON.parse(text) : {} };
}

const post = (body: unknown) => send("/graphql", { method: "POST", headers, body: JSON.stringify(body) });

function expectRefused({ status, body }: Answer, limit: string): void {
  expect(status).toBe(400);
  expect(body.data).toBeUndefined();
  expect(body.errors).toMatchObject([{ extensions: { code: "LIMIT_EXCEEDED", limit } }]);
}

test("alias overloading is refused, also of __typename", async () => {
  for (const field of ["statusCursor", "__typename"]) {
    const aliases = Array.from({ length: 101 }, (_, index) => `alias${index}: ${field}`);
    expectRefused(await post({ query: `query cop { ${aliases.join(" ")} }` }), "aliases");
  }
});

test("array batching is refused", async () => {
  expectRefused(await post(Array(10).fill({ query: "query cop { __typename }" })), "batch");
});

test("directive overloading is refused", async () => {
  expectRefused(await post({ query: `query cop { __typename ${"@aa".repeat(50)} }` }), "directives");
});

test("circular introspection is refused, also to who may introspect", async () => {
  const query =
    "query cop { __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }";
  const operator = { "content-type": "application/json", ...(await gateway.keyOf("operator", ["operator"])) };
  for (const caller of [headers, operator]) {
    const { body } = await send("/graphql", { method: "POST", headers: caller, body: JSON.stringify({ query }) });
    expect(body.data).toBeUndefined();
    expect(body.errors?.[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  }
});

test("field duplication is refused, also in fragments", async () => {
  expectRefused(await post({ query: `query cop { ${"__typename \n".repeat(500)} }` }), "aliases");
  expectRefused(await post({ query: `query cop { ${"... { statusCursor } ".repeat(200)} }` }), "aliases");
});

test("field suggestions are not made to strangers, and are to operators", async () => {
  const query = "query cop { payuots { totalCount } statusCorsor }";
  const { text, body } = await post({ query });
  expect(body.errors).toHaveLength(2);
  expect(text).not.toMatch(/did you mean|payouts|statusCursor/i);
  const operator = { "content-type": "application/json", ...(await gateway.keyOf("operator", ["operator"])) };
  const told = await send("/graphql", { method: "POST", headers: operator, body: JSON.stringify({ query }) });
  expect(told.text).toMatch(/Did you mean/);
});

test("introspection is refused to strangers, and answered to operators, whoever asked first", async () => {
  const operator = { "content-type": "application/json", ...(await gateway.keyOf("operator", ["operator"])) };
  for (const query of [
    "query cop { __schema { types { name } } }",
    'query cop { hidden: __type(name: "Payout") { name } }',
  ]) {
    // Once is an unknown document, twice a known one, three times a known request.
    for (let time = 0; time < 3; time += 1) {
      const told = await send("/graphql", { method: "POST", headers: operator, body: JSON.stringify({ query }) });
      expect(told.body.data).toBeDefined();
      const { body } = await post({ query });
      expect(body.data).toBeUndefined();
      expect(body.errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    }
  }
});

test("GraphiQL is not shown to strangers", async () => {
  for (const path of ["/graphiql", "/graphql", "/playground", "/console", "/"]) {
    const { status, text } = await send(path, { headers: { accept: "text/html", ...headers } });
    expect({ path, isRefused: status >= 400 }).toEqual({ path, isRefused: true });
    expect(text).not.toMatch(/<html|graphiql/i);
  }
});

test("a mutation by GET is refused with 405 and does nothing", async () => {
  const query = `mutation cop { createCustomer(input: { type: INDIVIDUAL, email: "a@example.com", country: "NG" }) { replayed } }`;
  const parameters = new URLSearchParams({ query });
  const { status, body } = await send(`/graphql?${parameters}`, {
    headers: { ...headers, "apollo-require-preflight": "1" },
  });
  expect(status).toBe(405);
  expect(body.data).toBeUndefined();
  expect(gateway.provider.received("POST /customer")).toHaveLength(0);
});

test("a form-encoded POST is refused, and the refusal says what to send", async () => {
  const { status, body } = await send("/graphql", {
    method: "POST",
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ query: "query cop { __typename }" }),
  });
  expect(status).toBe(415);
  expect(body.data).toBeUndefined();
  expect(body.errors?.[0]?.message).toContain("content-type: application/json");
});

test("there is no tracing extension", async () => {
  const { body } = await post({ query: "query cop { __typename }", extensions: { tracing: true } });
  expect(body).toEqual({ data: { __typename: "Query" } });
});

test("an unhandled error has no detail", async () => {
  for (const sent of [
    "qwerty cop { abc }",
    "query cop($a: ID!) { payout(id: $a) { id } }",
    "{ payout(id: 7.5) { id } }",
  ]) {
    const { text, body } = await post({ query: sent, variables: { a: { b: 1 } } });
    expect(body.errors?.length).toBeGreaterThan(0);
    expect(text).not.toMatch(/exception|stacktrace|node_modules|\.[jt]s:\d|debug/i);
  }
});
