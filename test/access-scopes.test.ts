import { type GraphQLSchema, getNamedType, isInterfaceType, isObjectType, parse } from "graphql";
import { coveredByLog, fieldNeeds, maskedFields } from "../src/access/field-scopes.js";
import { needsOf } from "../src/access/operation-needs.js";
import { type Scope, scopes } from "../src/access/scopes.js";
import { startKeyedGateway } from "./support/credentials.js";
import { namedTypes, readPrintedSchema } from "./support/fixed-api.js";
import { openSocket } from "./support/raw-socket.js";
import { customerInput, payoutInput, wallets } from "./support/test-client.js";

const schema: GraphQLSchema = readPrintedSchema();

/** What has an owner, and the connections that lead to it. */
const owned =
  /^(Customer|Document|Payout|StatusChange|(Customer|Document|Payout)StatusChange|(Customer|Payout)Connection)$/;

/** Fields that hand out what their parent was already allowed to hold. */
const handedOn: readonly RegExp[] = [
  /^(Customer|Payout)(Connection\.(nodes|edges)|Edge\.node)$/,
  // What the caller itself has just made or changed.
  /^(CreateCustomer|UpdateCustomer)Payload\.customer$/,
  /^(RequestDocumentUpload|UploadDocument)Payload\.document$/,
  /^SubmitDocumentsPayload\.documents$/,
  /^(Create|Resolve)PayoutPayload\.payout$/,
];

function fieldsOf(kind: (owner: string, type: string) => boolean): string[] {
  return namedTypes(schema)
    .filter((type) => isObjectType(type) || isInterfaceType(type))
    .flatMap((type) =>
      Object.values(type.getFields())
        .filter((field) => kind(type.name, getNamedType(field.type).name))
        .map((field) => `${type.name}.${field.name}`),
    );
}

test("every operation, and every field that leads to something owned, has a rule", () => {
  const roots = fieldsOf((owner) => ["Query", "Mutation", "Subscription"].includes(owner));
  const leading = fieldsOf((_owner, type) => owned.test(type));
  const without = [...roots, ...leading].filter(
    (name) => !fieldNeeds[name] && !coveredByLog.includes(name) && !handedOn.some((form) => form.test(name)),
  );
  expect(without).toEqual([]);
});

test("no rule is about a field that is not there", () => {
  const all = new Set(fieldsOf(() => true));
  const named = [...Object.keys(fieldNeeds), ...Object.keys(maskedFields), ...coveredByLog];
  expect(named.filter((name) => !all.has(name))).toEqual([]);
});

test("the schema's descriptions tell the rule of each field", () => {
  for (const [name, need] of Object.entries(fieldNeeds)) {
    const [type = "", field = ""] = name.split(".");
    const owner = schema.getType(type);
    const description = isObjectType(owner) ? owner.getFields()[field]?.description : "";
    expect(`${name}: ${description}`).toContain(`Needs ${need.join(" or ")}.`);
  }
});

const minimal: Record<string, string> = {
  "Query.customer": `{ customer(id: "x") { id } }`,
  "Query.customers": "{ customers { totalCount } }",
  "Query.document": `{ document(id: "x") { id } }`,
  "Query.payout": `{ payout(id: "x") { id } }`,
  "Query.payoutByTransaction": `{ payoutByTransaction(transactionId: "x") { id } }`,
  "Query.payoutByIdempotencyKey": `{ payoutByIdempotencyKey(idempotencyKey: "x") { id } }`,
  "Query.payouts": "{ payouts { totalCount } }",
  "Query.wallets": "{ wallets { id } }",
  "Query.currencies": "{ currencies { code } }",
  "Query.banks": "{ banks { id } }",
  "Query.mobileMoneyOperators": `{ mobileMoneyOperators(currency: "KES") { id } }`,
  "Query.bankAccount": `{ bankAccount(bankId: "1", accountNumber: "0222500691") { accountName } }`,
  "Query.payoutQuotes": `{ payoutQuotes(input: { sourceCurrency: "NGN", targetCurrency: "NGN", amount: { send: "5" } }) { method } }`,
  "Query.statusChanges": "{ statusChanges { cursor } }",
  "Query.statusCursor": "{ statusCursor }",
};

test.each(Object.entries(minimal))(
  "%s is answered with any scope that opens it, and with no other",
  async (name, query) => {
    const { clientOf } = await startKeyedGateway();
    const need = fieldNeeds[name] ?? [];
    for (const scope of scopes.filter((each) => each !== "operator")) {
      const client = await clientOf("a", [scope]);
      const { errors } = await client.request(query);
      expect({ scope, code: errors?.[0]?.extensions?.code }).toEqual({
        scope,
        code: need.includes(scope) ? undefined : "FORBIDDEN",
      });
    }
  },
);

test("every mutation is refused to who has every other scope, and nothing reaches the provider", async () => {
  const { clientOf, provider } = await startKeyedGateway();
  const mutations = Object.entries(fieldNeeds).filter(([name]) => name.startsWith("Mutation."));
  for (const [name, need] of mutations) {
    const client = await clientOf(
      "a",
      scopes.filter((scope) => scope !== "operator" && !need.includes(scope)),
    );
    const field = name.split(".")[1] as string;
    const input = schema.getMutationType()?.getFields()[field]?.args[0]?.type;
    const { errors } = await client.request(
      `mutation ($input: ${input}) { ${field}(input: $input) { userErrors { code } } }`,
      {
        input: name === "Mutation.createCustomer" ? customerInput() : {},
      },
    );
    // An input that is not even one is found first; what matters is that nothing is done.
    expect(["FORBIDDEN", "BAD_USER_INPUT"]).toContain(errors?.[0]?.extensions?.code);
    if (name === "Mutation.createCustomer") expect(errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  }
  expect(provider.received("*")).toHaveLength(0);
});

test("a mutation of which one half is forbidden does nothing of the other", async () => {
  const { clientOf, provider } = await startKeyedGateway();
  const client = await clientOf("a", ["customers:write"]);
  const { errors } = await client.request(
    `mutation ($customer: CreateCustomerInput!, $payout: CreatePayoutInput!) {
      createCustomer(input: $customer) { customer { id } }
      createPayout(input: $payout) { payout { id } }
    }`,
    { customer: customerInput(), payout: payoutInput({ customerId: "x" }) },
  );
  expect(errors?.[0]).toMatchObject({
    extensions: { code: "FORBIDDEN" },
    message: "Mutation.createPayout needs the scope payouts:write.",
  });
  expect(provider.received("POST /customer")).toHaveLength(0);
});

test("a scope is asked for wherever its field stands: in fragments, under aliases, beneath other objects", async () => {
  const { clientOf } = await startKeyedGateway();
  const client = await clientOf("a", ["customers:read"]);
  for (const query of [
    "{ customers { nodes { payouts { totalCount } } } }",
    "{ customers { edges { node { ...P } } } } fragment P on Customer { p: payouts { totalCount } }",
    "{ ... on Query { x: payouts { totalCount } } }",
  ]) {
    expect((await client.request(query)).errors?.[0]?.extensions?.code).toBe("FORBIDDEN");
  }
  const document = parse("query A { customers { totalCount } } query B { payouts { totalCount } }");
  const [first] = document.definitions;
  expect(needsOf(schema, document, first as never).map(({ field }) => field)).toEqual(["Query.customers"]);
});

test("subscriptions need their scope over WebSocket and SSE, and carry only what it opens", async () => {
  const { clientOf, gateway, client: operator } = await startKeyedGateway();
  const owner = await clientOf("a");
  const { id: customerId } = await owner.verifiedCustomer();
  const only = async (scope: Scope, query: string) => {
    const { key } = await clientOf("a", [scope]);
    const socket = await (await openSocket(gateway.url)).init(key);
    socket.subscribe("1", query);
    return socket;
  };
  const everything = `subscription { statusChanged { __typename ... on CustomerStatusChange { customer { id } } ... on PayoutStatusChange { payout { id } } } }`;
  const payoutsOnly = await only("payouts:read", everything);
  const customersOnly = await only("customers:read", everything);
  const neither = await only("wallets:read", everything);
  expect(await neither.take()).toMatchObject({ type: "error", payload: [{ extensions: { code: "FORBIDDEN" } }] });
  const wrongOne = await only("customers:read", `subscription { payoutStatusChanged(payoutId: "x") { cursor } }`);
  expect(await wrongOne.take()).toMatchObject({ type: "error", payload: [{ extensions: { code: "FORBIDDEN" } }] });
  const { key } = await clientOf("a", ["wallets:read"]);
  const stream = await fetch(`${gateway.url}/graphql/stream`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: everything }),
  });
  expect(stream.status).toBe(403);

  // Both are listening once their socket answers something else.
  for (const socket of [payoutsOnly, customersOnly]) {
    socket.subscribe("ready", "{ __typename }");
    while ((await socket.take()).type !== "complete");
  }
  const { payout } = await owner.createPayout({ customerId });
  await owner.payoutReaching(payout.id, "SUCCESSFUL");
  await owner.createCustomer();
  for (let seen = 0; seen < 4; seen += 1) {
    expect((await payoutsOnly.take()).payload.data.statusChanged.__typename).toBe("PayoutStatusChange");
  }
  expect((await customersOnly.take()).payload.data.statusChanged.__typename).toBe("CustomerStatusChange");
  expect((await operator.run("{ statusChanges { __typename } }")).statusChanges.length).toBeGreaterThan(5);
  const customersReader = await clientOf("a", ["customers:read"]);
  const { statusChanges } = await customersReader.run("{ statusChanges { __typename } }");
  expect(new Set(statusChanges.map((change: { __typename: string }) => change.__typename))).toEqual(
    new Set(["CustomerStatusChange", "DocumentStatusChange"]),
  );
});

test("account numbers and Interac answers are shown in full only with pii:read", async () => {
  const { clientOf } = await startKeyedGateway();
  const full = await clientOf("a");
  const without = await clientOf(
    "a",
    scopes.filter((scope) => scope !== "operator" && scope !== "pii:read"),
  );
  const { id: customerId } = await full.verifiedCustomer();
  const bank = await full.createPayout({ customerId });
  const interac = await full.createPayout({
    customerId,
    walletId: wallets.CAD,
    sourceCurrency: "CAD",
    amount: { send: "50.00" },
    destination: { interac: { email: "ada@example.com", firstName: "Ada", lastName: "Obi" } },
  });
  await full.payoutReaching(interac.payout.id, "SUCCESSFUL");
  const read = async (client: typeof full) => {
    const fields = "recipient { accountNumber accountName } interacInstruction { question answer }";
    const { a, b, payouts } = await client.run(
      `query ($a: ID!, $b: ID!) { a: payout(id: $a) { ${fields} } b: payout(id: $b) { ${fields} } payouts { nodes { id ${fields} } } }`,
      { a: bank.payout.id, b: interac.payout.id },
    );
    return { number: a.recipient.accountNumber, instruction: b.interacInstruction, text: JSON.stringify(payouts) };
  };
  const shown = await read(full);
  expect(shown).toMatchObject({ number: "0222500691", instruction: { answer: expect.any(String) } });
  const hidden = await read(without);
  expect(hidden).toMatchObject({ number: "******0691", instruction: null });
  expect(hidden.text).not.toContain("0222500691");
  expect(hidden.text).not.toContain(shown.instruction.answer);
  const made = await without.createPayout({ customerId });
  expect(made.payout.recipient.accountNumber).toBe("******0691");
});
