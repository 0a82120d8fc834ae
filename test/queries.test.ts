import { createCustomerAtProvider, moveCustomer } from "./support/provider-calls.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { statusChangeFields, type TestClient, unique, wallets } from "./support/test-client.js";

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  nodes: { id: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
  totalCount: number;
}

const pageFields = `edges { cursor node { id } } nodes { id }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount`;

async function customersPage(client: TestClient, variables: Record<string, unknown>): Promise<Page> {
  const { customers } = await client.run(
    `query ($first: Int, $after: String, $filter: CustomerFilter) {
      customers(first: $first, after: $after, filter: $filter) { ${pageFields} }
    }`,
    variables,
  );
  return customers;
}

async function allPages(read: (after: string | null) => Promise<Page>): Promise<Page[]> {
  const pages: Page[] = [];
  for (let after: string | null = null; ; after = pages.at(-1)?.pageInfo.endCursor ?? null) {
    const page = await read(after);
    pages.push(page);
    if (!page.pageInfo.hasNextPage) return pages;
  }
}

const idsOf = (pages: Page[]) => pages.flatMap(({ nodes }) => nodes.map(({ id }) => id));

async function createCustomers(client: TestClient, count: number): Promise<string[]> {
  const made = await Promise.all(Array.from({ length: count }, () => client.createCustomer()));
  return made.map(({ customer }) => customer.id);
}

describe("customers", () => {
  test("are paged forward, each once and newest first, with the count of all", async () => {
    const { client, provider } = await startTestGateway();
    const ids = await createCustomers(client, 25);
    const reads = provider.received("GET /customer/{id}").length;
    const pages = await allPages((after) => customersPage(client, { first: 10, after }));
    expect(pages.map(({ nodes }) => nodes.length)).toEqual([10, 10, 5]);
    expect(idsOf(pages).sort()).toEqual([...ids].sort());
    expect(pages.map(({ totalCount }) => totalCount)).toEqual([25, 25, 25]);
    expect(pages.map(({ pageInfo }) => pageInfo.hasPreviousPage)).toEqual([false, true, true]);
    for (const { edges, nodes, pageInfo } of pages) {
      expect(edges.map(({ node }) => node)).toEqual(nodes);
      expect(pageInfo).toMatchObject({ startCursor: edges[0]?.cursor, endCursor: edges.at(-1)?.cursor });
    }
    const { customers } = await client.run("{ customers(first: 100) { nodes { id createdAt } } }");
    const times = customers.nodes.map(({ createdAt }: { createdAt: string }) => createdAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(customers.nodes.map(({ id }: { id: string }) => id)).toEqual(
      idsOf(await allPages((after) => customersPage(client, { first: 7, after }))),
    );
    expect(provider.received("GET /customer/{id}")).toHaveLength(reads);
  });

  test("that come while a client pages do not shift what it sees", async () => {
    const { client } = await startTestGateway();
    const ids = await createCustomers(client, 6);
    const seen: string[] = [];
    for (let after: string | null = null, hasNext = true; hasNext; ) {
      const { nodes, pageInfo } = await customersPage(client, { first: 2, after });
      seen.push(...nodes.map(({ id }) => id));
      after = pageInfo.endCursor;
      hasNext = pageInfo.hasNextPage;
      await client.createCustomer();
    }
    expect(seen.sort()).toEqual([...ids].sort());
  });

  test("come twenty to a page unless the client says otherwise, also by an explicit null", async () => {
    const { client } = await startTestGateway();
    await createCustomers(client, 21);
    const { implicit, explicit, all } = await client.run(`{
      implicit: customers { nodes { id } pageInfo { hasNextPage } }
      explicit: customers(first: null) { nodes { id } pageInfo { hasNextPage } }
      all: customers(first: 100) { nodes { id } pageInfo { hasNextPage } }
    }`);
    expect(implicit.nodes).toHaveLength(20);
    expect(implicit.pageInfo.hasNextPage).toBe(true);
    expect(explicit).toEqual(implicit);
    expect(all.nodes).toHaveLength(21);
    expect(all.pageInfo.hasNextPage).toBe(false);
  });

  test("of an empty list are a page without cursors", async () => {
    const { client } = await startTestGateway();
    expect(await customersPage(client, {})).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      totalCount: 0,
    });
  });

  test.each([
    [0, "BAD_USER_INPUT"],
    [-1, "BAD_USER_INPUT"],
    [101, "LIMIT_EXCEEDED"],
    [2_147_483_647, "LIMIT_EXCEEDED"],
  ])("are not given %d to a page", async (first, code) => {
    const { client } = await startTestGateway();
    for (const list of ["customers", "payouts", "statusChanges"]) {
      const fields = list === "statusChanges" ? "cursor" : "totalCount";
      const { errors } = await client.request(`query ($first: Int) { ${list}(first: $first) { ${fields} } }`, {
        first,
      });
      expect(errors).toMatchObject([{ extensions: { code } }]);
    }
  });

  test("are not paged by a cursor of anything else", async () => {
    const { client } = await startTestGateway();
    await client.createCustomer();
    const { statusCursor } = await client.run("{ statusCursor }");
    const [{ cursor } = { cursor: "" }] = (await customersPage(client, {})).edges;
    for (const after of ["", "x", "%", statusCursor, `${cursor}=`, cursor.slice(0, 6), "🙂"]) {
      for (const list of ["customers", "payouts"]) {
        const query = `query ($after: String) { ${list}(after: $after) { totalCount } }`;
        const { errors } = await client.request(query, { after });
        expect(errors).toMatchObject([{ path: [list], extensions: { code: "BAD_USER_INPUT" } }]);
      }
    }
  });

  test("are filtered by status and type, all conditions together", async () => {
    const { client } = await startTestGateway();
    const { id: verified } = await client.verifiedCustomer();
    const { customer: pending } = await client.createCustomer();
    const { customer: business } = await client.createCustomer({
      type: "BUSINESS",
      firstName: null,
      lastName: null,
      idType: null,
      idNumber: null,
      businessName: "Example Ltd",
      registrationNumber: "RC1",
      incorporationCountry: "NG",
    });
    const ids = async (filter: object) => idsOf([await customersPage(client, { filter })]).sort();
    expect(await ids({ status: ["VERIFIED"] })).toEqual([verified]);
    expect(await ids({ status: ["PENDING"] })).toEqual([pending.id, business.id].sort());
    expect(await ids({ status: ["PENDING", "VERIFIED"] })).toHaveLength(3);
    expect(await ids({ status: ["REJECTED"] })).toEqual([]);
    expect(await ids({ status: [] })).toEqual([]);
    expect(await ids({ type: "BUSINESS" })).toEqual([business.id]);
    expect(await ids({ type: "BUSINESS", status: ["VERIFIED"] })).toEqual([]);
    expect(await ids({ type: null, status: null, search: null })).toHaveLength(3);
    expect((await customersPage(client, { filter: { status: ["PENDING"] }, first: 1 })).totalCount).toBe(2);
  });

  test("are searched by any part of name and address, in which no character is a wildcard", async () => {
    const { client } = await startTestGateway();
    const names = ["Zoë O'Neil", "100% Pure", "snake_case", "back\\slash", "Łukasz Żak"];
    const byName = new Map<string, string>();
    for (const name of names) {
      const [firstName, lastName = "Obi"] = name.split(" ");
      byName.set(name, (await client.createCustomer({ firstName, lastName })).customer.id);
    }
    const { customer } = await client.createCustomer({ email: "Findme.Here@Example.com" });
    const found = async (search: string) => idsOf([await customersPage(client, { filter: { search } })]);
    expect(await found("%")).toEqual([byName.get("100% Pure")]);
    expect(await found("_")).toEqual([byName.get("snake_case")]);
    expect(await found("\\")).toEqual([byName.get("back\\slash")]);
    expect(await found("o'neil")).toEqual([byName.get("Zoë O'Neil")]);
    expect(await found("ZOË")).toEqual([byName.get("Zoë O'Neil")]);
    expect(await found("łukasz ż")).toEqual([byName.get("Łukasz Żak")]);
    expect(await found("FINDME.here@")).toEqual([customer.id]);
    expect(await found("' OR 1=1 --")).toEqual([]);
    expect(await found("nobody has this")).toEqual([]);
  });
});

describe("payouts", () => {
  test("are paged and filtered, also below their customer", async () => {
    const { client } = await startTestGateway({ sandbox: { payoutStepDelayMs: 60_000 } });
    const { id: first } = await client.verifiedCustomer();
    const { id: second } = await client.verifiedCustomer();
    const gbpBank = {
      accountName: "Jane Roe",
      accountNumber: "12345678",
      sortCode: "20-00-00",
      address: { street: "1 High Street", city: "Leeds", zipCode: "LS1 1AA", country: "GB" },
    };
    const make = async (input: Record<string, unknown>) => (await client.createPayout(input)).payout.id as string;
    const ngn = [
      await make({ customerId: first }),
      await make({ customerId: first }),
      await make({ customerId: first }),
    ];
    const gbp = await make({
      customerId: first,
      walletId: wallets.GBP,
      sourceCurrency: "GBP",
      amount: { receive: "20" },
      destination: { gbpBank },
    });
    const instant = await make({ customerId: second, note: "test-instant" });

    const ids = async (filter: object | null) => {
      const { payouts } = await client.run(
        "query ($filter: PayoutFilter) { payouts(filter: $filter) { nodes { id } totalCount } }",
        { filter },
      );
      expect(payouts.totalCount).toBe(payouts.nodes.length);
      return payouts.nodes.map(({ id }: { id: string }) => id);
    };
    const { payout } = await client.run("query ($id: ID!) { payout(id: $id) { createdAt } }", { id: gbp });
    expect((await ids(null)).sort()).toEqual([...ngn, gbp, instant].sort());
    expect((await ids({ customerId: first })).sort()).toEqual([...ngn, gbp].sort());
    expect(await ids({ status: ["SUCCESSFUL"] })).toEqual([instant]);
    expect(await ids({ status: ["PENDING"], customerId: second })).toEqual([]);
    expect(await ids({ walletId: wallets.GBP })).toEqual([gbp]);
    expect(await ids({ currency: "GBP" })).toEqual([gbp]);
    expect(await ids({ currency: "CAD" })).toEqual([]);
    expect(await ids({ createdFrom: payout.createdAt })).toEqual(expect.arrayContaining([gbp, instant]));
    expect(await ids({ createdTo: payout.createdAt })).not.toContain(gbp);
    expect(await ids({ createdFrom: "2999-01-01T00:00:00Z" })).toEqual([]);

    const nested = `query ($id: ID!, $after: String, $filter: PayoutFilter) {
      customer(id: $id) { payouts(first: 2, after: $after, filter: $filter) { ${pageFields} } }
    }`;
    const pages = await allPages(
      async (after) => (await client.run(nested, { id: first, after })).customer.payouts as Page,
    );
    expect(pages.map(({ nodes, totalCount }) => [nodes.length, totalCount])).toEqual([
      [2, 4],
      [2, 4],
    ]);
    expect(idsOf(pages).sort()).toEqual([...ngn, gbp].sort());
    const others = await client.run(nested, { id: first, filter: { customerId: second } });
    expect(others.customer.payouts).toMatchObject({ nodes: [], totalCount: 0 });
  });

  test("are not filtered by what cannot be", async () => {
    const { client } = await startTestGateway();
    const filters = [
      { currency: "naira" },
      { customerId: "../customer" },
      { createdFrom: "2026-02-01T00:00:00Z", createdTo: "2026-01-01T00:00:00Z" },
      { createdFrom: "yesterday" },
      { status: ["DONE"] },
    ];
    for (const filter of filters) {
      const query = "query ($filter: PayoutFilter) { payouts(filter: $filter) { totalCount } }";
      const { data, errors } = await client.request(query, { filter });
      expect(data ?? null).toBeNull();
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    }
  });

  test("by an id that is not the gateway's are null, without asking the provider", async () => {
    const { client, provider } = await startTestGateway();
    expect(await client.run(`{ payout(id: "nothing") { id } }`)).toEqual({ payout: null });
    expect(provider.received("GET /transaction/{id}")).toHaveLength(0);
  });
});

test("one query reads a customer with its documents, payouts and log, and back again", async () => {
  const { client, provider } = await startTestGateway();
  const { id } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId: id });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  const reads = provider.received("GET /customer/{id}").length;
  const { customer } = await client.run(
    `query ($id: ID!) {
      customer(id: $id) {
        id status cursor
        documents { category status customer { id documents { category } } }
        payouts { nodes { id status cursor customer { id name } statusChanges { ${statusChangeFields} } } }
        statusChanges { ${statusChangeFields} }
        late: statusChanges(first: 1) { cursor ... on CustomerStatusChange { to } }
      }
    }`,
    { id },
  );
  expect(customer.documents).toEqual([
    { category: "IDENTITY", status: "ATTACHED", customer: { id, documents: [{ category: "IDENTITY" }] } },
  ]);
  expect(customer.payouts.nodes).toMatchObject([
    { id: payout.id, status: "SUCCESSFUL", customer: { id, name: "Ada Obi" } },
  ]);
  const [paid] = customer.payouts.nodes;
  expect(paid.statusChanges.map(({ payoutTo }: { payoutTo: string }) => payoutTo)).toEqual([
    "SUBMITTING",
    "PENDING",
    "PROCESSING",
    "SUCCESSFUL",
  ]);
  expect(customer.statusChanges.map(({ customerTo }: { customerTo: string }) => customerTo)).toEqual([
    "PENDING",
    "PROCESSING",
    "VERIFIED",
  ]);
  expect(customer.late).toMatchObject([{ to: "PENDING" }]);
  // Each entity's cursor is the position of its own last change.
  expect(customer.cursor).toBe(customer.statusChanges.at(-1).cursor);
  expect(paid.cursor).toBe(paid.statusChanges.at(-1).cursor);
  const later = await client.run(
    `query ($id: ID!, $after: Cursor) { customer(id: $id) { statusChanges(after: $after) { cursor } } }`,
    { id, after: customer.statusChanges[0].cursor },
  );
  expect(later.customer.statusChanges).toEqual(
    customer.statusChanges.slice(1).map(({ cursor }: { cursor: string }) => ({ cursor })),
  );
  expect(provider.received("GET /customer/{id}")).toHaveLength(reads);
});

describe("customer", () => {
  test("that only the provider knows is adopted, and asked for once", async () => {
    const { client, provider } = await startTestGateway();
    const id = await createCustomerAtProvider(provider, { email: `${unique("elsewhere")}@example.com` });
    await moveCustomer(provider, id, "REJECTED");
    const query = `query ($id: ID!) {
      customer(id: $id) { id status country statusChanges { source ... on CustomerStatusChange { from to } } }
    }`;
    const { customer } = await client.run(query, { id });
    expect(customer).toMatchObject({ id, status: "REJECTED", country: "NG" });
    expect(customer.statusChanges).toMatchObject([{ from: null, to: "REJECTED" }]);
    const reads = provider.received("GET /customer/{id}").length;
    await client.run(query, { id });
    expect(provider.received("GET /customer/{id}")).toHaveLength(reads);
    expect((await customersPage(client, {})).nodes).toEqual([{ id }]);
  });

  test("that nobody knows is null", async () => {
    const { client } = await startTestGateway();
    expect(await client.run(`{ a: customer(id: "nobody") { id } b: customer(id: "") { id } }`)).toEqual({
      a: null,
      b: null,
    });
  });

  test("ids cannot climb out of their place in the provider's paths", async () => {
    const { client, provider } = await startTestGateway();
    for (const id of ["../wallet", "..", ".", "a/../../wallet", "?paginate=1", "#", "%2e%2e%2fwallet", "a\nb"]) {
      const { data } = await client.request("query ($id: ID!) { customer(id: $id) { id } }", { id });
      expect(data?.customer ?? null).toBeNull();
    }
    expect(provider.received("GET /wallet")).toHaveLength(0);
    expect(provider.received("GET /customer")).toHaveLength(0);
  });
});

test("a document is found by its id, and is null where there is none", async () => {
  const { client } = await startTestGateway();
  const { id } = await client.verifiedCustomer();
  const { customer } = await client.run("query ($id: ID!) { customer(id: $id) { documents { id } } }", { id });
  const [{ id: documentId }] = customer.documents;
  const { document, none } = await client.run(
    `query ($id: ID!) {
      document(id: $id) { category status fileName contentType size sha256 customer { id } }
      none: document(id: "nothing") { id }
    }`,
    { id: documentId },
  );
  expect(document).toMatchObject({
    category: "IDENTITY",
    status: "ATTACHED",
    fileName: "passport.png",
    contentType: "image/png",
    size: expect.any(Number),
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    customer: { id },
  });
  expect(none).toBeNull();
});
