import { eventually } from "./support/eventually.js";
import { freePort } from "./support/free-port.js";
import { callProvider, createCustomerAtProvider, moveCustomer } from "./support/provider-calls.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway, type TestGateway } from "./support/start-test-gateway.js";
import { payoutInput, statusChangeFields, unique, wallets } from "./support/test-client.js";

afterEach(stopAll);

const ngnBank = { bankId: "1", accountNumber: "0222500691" };

// A step so late that the mutation's own answer is in first.
const unhurried = { payoutStepDelayMs: 200 };

async function payoutByKey({ client }: TestGateway, idempotencyKey: string) {
  const { payoutByIdempotencyKey } = await client.run(
    `query ($idempotencyKey: ID!) {
      payoutByIdempotencyKey(idempotencyKey: $idempotencyKey) {
        id status failureReason transactionId merchantReference statusChanges { ${statusChangeFields} }
      }
    }`,
    { idempotencyKey },
  );
  return payoutByIdempotencyKey;
}

function statusesOf(payout: { statusChanges: { payoutTo: string }[] }): string[] {
  return payout.statusChanges.map(({ payoutTo }) => payoutTo);
}

describe("one idempotency key", () => {
  test("pays once, however often createPayout is repeated", async () => {
    const gateway = await startTestGateway();
    const { client, provider } = gateway;
    const { id: customerId } = await client.verifiedCustomer();
    const input = { customerId, idempotencyKey: unique("k") };
    const first = await client.createPayout(input);
    const second = await client.createPayout(input);
    await client.payoutReaching(first.payout.id, "SUCCESSFUL");
    const third = await client.createPayout(input);
    expect(first).toMatchObject({ payout: { status: "PENDING" }, replayed: false, userErrors: [] });
    expect(second).toMatchObject({ payout: { id: first.payout.id }, replayed: true, userErrors: [] });
    expect(third).toMatchObject({
      payout: { id: first.payout.id, status: "SUCCESSFUL" },
      replayed: true,
      userErrors: [],
    });
    expect(provider.received("POST /payout")).toHaveLength(1);
    expect(provider.transactions()).toMatchObject([{ merchantReference: first.payout.merchantReference }]);
  });

  test("pays once in twenty parallel calls, which all answer the one payout", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const input = { customerId, idempotencyKey: unique("k") };
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.createPayout(input)));
    expect(new Set(answers.map(({ payout }) => payout.id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test("answers the one refusal to all of twenty parallel calls", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const input = { customerId, idempotencyKey: unique("k"), note: "test-insufficient-funds" };
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.createPayout(input)));
    const codes = answers.map(({ payout, userErrors }) => [
      payout,
      ...userErrors.map(({ code }: { code: string }) => code),
    ]);
    expect(codes).toEqual(Array.from({ length: 20 }, () => [null, "INSUFFICIENT_FUNDS"]));
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test("stands for one payment, however its amount is spelled", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const input = { customerId, idempotencyKey: unique("k") };
    const first = await client.createPayout({ ...input, amount: { send: "5000" } });
    const second = await client.createPayout({ ...input, amount: { send: "05000.00" }, note: null });
    expect(second).toMatchObject({ payout: { id: first.payout.id }, replayed: true });
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test("is refused with any other input", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const input = { customerId, idempotencyKey: unique("k") };
    await client.createPayout(input);
    const others = [
      { amount: { send: "5000.01" } },
      { amount: { receive: "5000.00" } },
      { destination: { ngnBank: { ...ngnBank, accountNumber: "0222500692" } } },
      { walletId: wallets.CAD },
      { note: "another" },
    ];
    for (const other of others) {
      expect(await client.createPayout({ ...input, ...other })).toMatchObject({
        payout: null,
        replayed: false,
        userErrors: [{ field: ["idempotencyKey"], code: "IDEMPOTENCY_KEY_REUSED" }],
      });
    }
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test("finds the payout that it made, and nothing where it made none", async () => {
    const gateway = await startTestGateway();
    const { client } = gateway;
    const { id: customerId } = await client.verifiedCustomer();
    const idempotencyKey = unique("k");
    const { payout } = await client.createPayout({ customerId, idempotencyKey });
    expect(await payoutByKey(gateway, idempotencyKey)).toMatchObject({ id: payout.id });
    expect(await payoutByKey(gateway, unique("never-used"))).toBeNull();
  });
});

describe("a payout that is refused", () => {
  test("because of its customer takes no key and sends nothing", async () => {
    const gateway = await startTestGateway();
    const { client, provider } = gateway;
    const { customer } = await client.createCustomer();
    const input = { customerId: customer.id, idempotencyKey: unique("k") };
    const early = await client.createPayout(input);
    expect(early).toMatchObject({
      payout: null,
      userErrors: [{ field: ["customerId"], code: "CUSTOMER_NOT_VERIFIED" }],
    });
    expect(await client.createPayout({ ...input, customerId: "nobody" })).toMatchObject({
      payout: null,
      userErrors: [{ field: ["customerId"], code: "NOT_FOUND" }],
    });
    expect(provider.received("POST /payout")).toHaveLength(0);
    expect((await client.run("{ payouts { totalCount } }")).payouts.totalCount).toBe(0);

    const verification = client.follow({ customerId: customer.id, after: customer.cursor });
    await moveCustomer(provider, customer.id, "VERIFIED");
    await verification.until(({ to }) => to === "VERIFIED");
    expect(await client.createPayout(input)).toMatchObject({ replayed: false, userErrors: [] });
    expect(provider.transactions()).toHaveLength(1);
  });

  test("for want of funds keeps its refusal under the key and its payout FAILED with the reason", async () => {
    const gateway = await startTestGateway();
    const { client, provider } = gateway;
    const { id: customerId } = await client.verifiedCustomer();
    const input = { customerId, idempotencyKey: unique("k"), note: "test-insufficient-funds" };
    const refusal = { payout: null, userErrors: [{ field: ["amount"], code: "INSUFFICIENT_FUNDS" }] };
    const first = await client.createPayout(input);
    const second = await client.createPayout(input);
    expect(first).toMatchObject({ ...refusal, replayed: false });
    expect(second).toMatchObject({ ...refusal, replayed: true });
    expect(second.userErrors).toEqual(first.userErrors);
    expect(provider.received("POST /payout")).toHaveLength(1);
    expect(provider.transactions()).toHaveLength(0);
    const payout = await payoutByKey(gateway, input.idempotencyKey);
    expect(payout).toMatchObject({ status: "FAILED", failureReason: "Insufficient funds.", transactionId: null });
    expect(statusesOf(payout)).toEqual(["SUBMITTING", "FAILED"]);
  });

  test("because the wallet's balance is too small is refused for want of funds", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const answer = await client.createPayout({
      customerId,
      walletId: wallets.GBP,
      sourceCurrency: "GBP",
      amount: { send: "5000000.01" },
    });
    expect(answer.userErrors).toMatchObject([{ code: "INSUFFICIENT_FUNDS" }]);
    expect(provider.transactions()).toHaveLength(0);
  });

  test("because of its fields tells where in the input they are", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const errors = {
      account_number: ["The account is closed."],
      from_amount: ["The amount is below the minimum."],
      wallet_id: ["The wallet is frozen."],
      risk_score: ["Something of its own."],
    };
    provider.failNext({ route: "POST /payout", kind: "answer", status: 422, body: { message: "Invalid.", errors } });
    const { userErrors } = await client.createPayout({ customerId });
    expect(userErrors).toEqual([
      {
        field: ["destination", "ngnBank", "accountNumber"],
        code: "PROVIDER_REJECTED",
        message: "The account is closed.",
      },
      { field: ["amount", "send"], code: "PROVIDER_REJECTED", message: "The amount is below the minimum." },
      { field: ["walletId"], code: "PROVIDER_REJECTED", message: "The wallet is frozen." },
      { field: null, code: "PROVIDER_REJECTED", message: "Something of its own." },
    ]);
  });

  test("by the receiving bank passes its words on", async () => {
    const { client } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const { userErrors } = await client.createPayout({ customerId, note: "test-name-enquiry-fails" });
    expect(userErrors).toEqual([
      { field: null, code: "PROVIDER_REJECTED", message: "Invalid account number or bank code" },
    ]);
  });

  test("by its own input is told all its faults at once, and nothing is sent", async () => {
    const { client, provider } = await startTestGateway();
    const { payout, userErrors } = await client.createPayout({
      idempotencyKey: " ",
      customerId: "",
      walletId: "../wallet",
      sourceCurrency: "naira",
      amount: { send: "0.00" },
      destination: {
        wire: {
          holderType: "INDIVIDUAL",
          accountName: "",
          accountNumber: "12",
          accountType: "CHECKING",
          routingNumber: "021000022",
          swiftCode: "chasus33",
          bankName: "Example Bank",
          address: { street: "1 Main Street", city: "New York", zipCode: "10001", country: "usa" },
        },
      },
      note: "n".repeat(256),
    });
    const faults = userErrors.map(({ field, code }: { field: string[]; code: string }) => `${field.join(".")} ${code}`);
    expect(payout).toBeNull();
    expect(faults.sort()).toEqual([
      "amount.send INVALID",
      "customerId REQUIRED",
      "destination.wire.accountName REQUIRED",
      "destination.wire.accountNumber INVALID",
      "destination.wire.address.country INVALID",
      "destination.wire.address.state REQUIRED",
      "destination.wire.routingNumber INVALID",
      "destination.wire.swiftCode INVALID",
      "idempotencyKey REQUIRED",
      "note INVALID",
      "sourceCurrency INVALID",
      "walletId INVALID",
    ]);
    expect(provider.received("GET /customer/{id}")).toHaveLength(0);
    expect(provider.received("POST /payout")).toHaveLength(0);
  });

  test("with two or no destinations or amounts is not sent", async () => {
    const { client, provider } = await startTestGateway();
    const interac = { email: "ada@example.com", firstName: "Ada", lastName: "Obi" };
    const wrong = [
      { destination: { ngnBank, interac } },
      { destination: {} },
      { amount: { send: "5", receive: "5" } },
      { amount: {} },
      { amount: { send: null } },
    ];
    for (const changed of wrong) {
      const { data, errors } = await client.request(
        `mutation ($input: CreatePayoutInput!) {
          createPayout(input: $input) { payout { id } userErrors { field } }
        }`,
        { input: payoutInput({ customerId: "c1", ...changed }) },
      );
      // Refused by @oneOf while the variables are read, or by the input's own check.
      if (errors) expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
      else expect(data?.createPayout).toEqual({ payout: null, userErrors: [{ field: Object.keys(changed) }] });
    }
    expect(provider.received("POST /payout")).toHaveLength(0);
  });
});

describe("a provider that cannot be reached", () => {
  test("was sent nothing, and the key is free for another try", async () => {
    const port = await freePort();
    const credentials = { clientId: "client", clientSecret: "secret", signingSecret: "signing", apiKey: "key" };
    const { sandbox } = await startSandboxClient({ ...credentials, port });
    const { client } = await startTestGateway({
      config: {
        provider: { url: sandbox.url, credentials: { clientId: "client", clientSecret: "secret" } },
        webhookSecrets: ["signing"],
      },
    });
    const customerId = await createCustomerAtProvider(sandbox);
    await moveCustomer(sandbox, customerId, "VERIFIED");
    await client.run("query ($id: ID!) { customer(id: $id) { status } }", { id: customerId });
    await sandbox.stop();

    const input = payoutInput({});
    const pay = (payer: string) =>
      client.request(
        `mutation ($input: CreatePayoutInput!) {
          createPayout(input: $input) { payout { status } replayed userErrors { code message } }
        }`,
        { input: { ...input, customerId: payer } },
      );
    const { data, errors } = await pay(customerId);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ["createPayout"], extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
    const { payouts } = await client.run("{ payouts { nodes { status failureReason transactionId } } }");
    expect(payouts.nodes).toEqual([
      { status: "FAILED", failureReason: expect.stringContaining("Nothing was sent"), transactionId: null },
    ]);

    const { sandbox: again } = await startSandboxClient({ ...credentials, port });
    const known = await createCustomerAtProvider(again);
    await moveCustomer(again, known, "VERIFIED");
    await client.run("query ($id: ID!) { customer(id: $id) { status } }", { id: known });
    expect((await pay(known)).data).toMatchObject({ createPayout: { payout: { status: "PENDING" }, replayed: false } });
    expect(again.transactions()).toHaveLength(1);
  });

  test("from the start lets no payout through", async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { client } = await startTestGateway({ config: { provider: { url, credentials: { apiKey: "key" } } } });
    const { errors } = await client.request(
      "mutation ($input: CreatePayoutInput!) { createPayout(input: $input) { payout { id } } }",
      { input: payoutInput({ customerId: "c1" }) },
    );
    expect(errors).toMatchObject([{ extensions: { code: "PROVIDER_UNAVAILABLE" } }]);
  });
});

describe("an answer that does not prove what became of the payout", () => {
  test.each([
    ["a connection that breaks", "test-answer-lost"],
    ["a 500", "test-answer-500"],
  ])("(%s after acceptance) leaves it UNCONFIRMED until the webhook settles it", async (_name, note) => {
    const gateway = await startTestGateway({ sandbox: unhurried });
    const { client, provider } = gateway;
    const { id: customerId } = await client.verifiedCustomer();
    const input = { customerId, idempotencyKey: unique("k"), note };
    const first = await client.createPayout(input);
    expect(first).toMatchObject({ payout: { status: "UNCONFIRMED", transactionId: null }, userErrors: [] });
    expect(await client.createPayout(input)).toMatchObject({ payout: { id: first.payout.id }, replayed: true });
    await client.payoutReaching(first.payout.id, "SUCCESSFUL");
    const [transaction] = provider.transactions();
    const payout = await payoutByKey(gateway, input.idempotencyKey);
    expect(payout.transactionId).toBe(transaction?.id);
    const statuses = statusesOf(payout);
    expect(statuses.slice(0, 2)).toEqual(["SUBMITTING", "UNCONFIRMED"]);
    expect(statuses.at(-1)).toBe("SUCCESSFUL");
    expect(new Set(statuses).size).toBe(statuses.length);
    expect(provider.transactions()).toHaveLength(1);
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test.each([
    ["a proxy's page", { kind: "answer", when: "after", status: 200, body: "<html>ok</html>" }],
    ["another amount", { kind: "answer", when: "after", status: 200, body: { transaction: { id: "t", amount: 1 } } }],
    ["no answer in time", { kind: "hang", when: "after" }],
    ["503 before acceptance", { kind: "answer", status: 503 }],
  ] as const)("(%s) leaves it UNCONFIRMED and is not repeated", async (_name, fault) => {
    const { client, provider } = await startTestGateway({
      config: { providerTimeoutMs: 300 },
      sandbox: { payoutStepDelayMs: 60_000 },
    });
    const { id: customerId } = await client.verifiedCustomer();
    provider.failNext({ route: "POST /payout", ...fault });
    const input = { customerId, idempotencyKey: unique("k") };
    const first = await client.createPayout(input);
    const second = await client.createPayout(input);
    expect(first).toMatchObject({ payout: { status: "UNCONFIRMED", transactionId: null }, replayed: false });
    // It is looked up at once: the repeated key returns it as it is by then.
    expect(second).toMatchObject({ payout: { id: first.payout.id }, replayed: true });
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test("is not what an expired access token is: the payout is sent again, and accepted once", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    provider.revokeTokens();
    expect(await client.createPayout({ customerId })).toMatchObject({ payout: { status: "PENDING" }, userErrors: [] });
    expect(provider.received("POST /payout")).toHaveLength(2);
    expect(provider.transactions()).toHaveLength(1);
  });
});

describe("the end of a payout", () => {
  test("can be a failure, which is a status and no error", async () => {
    const { client } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const { payout, userErrors } = await client.createPayout({ customerId, note: "test-failed" });
    const failed = await client.payoutReaching(payout.id, "FAILED", `statusChanges { ${statusChangeFields} }`);
    expect(userErrors).toEqual([]);
    expect(statusesOf(failed)).toEqual(["SUBMITTING", "PENDING", "PROCESSING", "FAILED"]);
  });

  test("is corrected when the provider's look-up contradicts an earlier end", async () => {
    const { client } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId, note: "test-returned" });
    const failed = await client.payoutReaching(payout.id, "FAILED", `statusChanges { ${statusChangeFields} }`);
    expect(statusesOf(failed)).toEqual(["SUBMITTING", "PENDING", "PROCESSING", "SUCCESSFUL", "FAILED"]);
    expect(failed.statusChanges.at(-1)).toMatchObject({
      source: "WEBHOOK",
      payoutFrom: "SUCCESSFUL",
      reason: expect.stringMatching(/^Correction by the provider/),
    });
  });

  test("may be in the provider's first answer already", async () => {
    const { client } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId, note: "test-instant" });
    expect(payout).toMatchObject({ status: "SUCCESSFUL", transactionId: expect.any(String) });
  });

  test.each(["test-webhook-twice", "test-webhook-reordered"])(
    "is told once, also when its webhooks come with %s",
    async (note) => {
      const { client } = await startTestGateway();
      const { id: customerId } = await client.verifiedCustomer();
      const { payout } = await client.createPayout({ customerId, note });
      const done = await client.payoutReaching(payout.id, "SUCCESSFUL", `statusChanges { ${statusChangeFields} }`);
      const statuses = statusesOf(done);
      expect(statuses.filter((status) => status === "SUCCESSFUL")).toHaveLength(1);
      expect(statuses.at(-1)).toBe("SUCCESSFUL");
    },
  );
});

describe("payoutByTransaction", () => {
  test("finds a payout by the provider's id", async () => {
    const { client, provider } = await startTestGateway();
    const { id: customerId } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId });
    // The first accepted payout is looked up once, to learn what a look-up by reference proves on this account.
    await eventually(async () => provider.received("GET /transaction/{id}").length === 1);
    const { payoutByTransaction } = await client.run(
      "query ($id: ID!) { payoutByTransaction(transactionId: $id) { id } }",
      { id: payout.transactionId },
    );
    expect(payoutByTransaction).toEqual({ id: payout.id });
    expect(provider.received("GET /transaction/{id}")).toHaveLength(1);
  });

  test("adopts a payout that was made directly at the provider, and its customer with it", async () => {
    const { client, provider } = await startTestGateway({ sandbox: { payoutStepDelayMs: 60_000 } });
    const customerId = await createCustomerAtProvider(provider, { last_name: "Eze" });
    await moveCustomer(provider, customerId, "VERIFIED");
    const { transaction } = await callProvider<{ transaction: { id: string; reference: string } }>(
      provider,
      "POST",
      "/payout",
      {
        wallet_id: wallets.NGN,
        customer_id: customerId,
        method: "bank_transfer",
        from_currency_id: "NGN",
        to_currency_id: "NGN",
        from_amount: 612.88,
        bank_id: "1",
        account_number: "0222500691",
        merchant_reference: "made-elsewhere",
      },
    );
    const query = `query ($id: ID!) {
      payoutByTransaction(transactionId: $id) {
        status reference merchantReference amount { amount currency } customer { id name status }
        statusChanges { source }
      }
    }`;
    const { payoutByTransaction } = await client.run(query, { id: transaction.id });
    expect(payoutByTransaction).toEqual({
      status: "PENDING",
      reference: transaction.reference,
      merchantReference: "made-elsewhere",
      amount: { amount: "612.88", currency: "NGN" },
      customer: { id: customerId, name: "Ada Eze", status: "VERIFIED" },
      statusChanges: [{ source: "RECONCILIATION" }],
    });
    await client.run(query, { id: transaction.id });
    expect(provider.received("GET /transaction/{id}")).toHaveLength(1);
  });

  test("answers null for what the provider does not know", async () => {
    const { client } = await startTestGateway();
    expect(await client.run(`{ payoutByTransaction(transactionId: "nothing") { id } }`)).toEqual({
      payoutByTransaction: null,
    });
  });
});
