import { readFileSync } from "node:fs";
import { published, testWithPublished } from "./support/published.js";
import {
  at,
  createCustomer,
  createVerifiedCustomer,
  ngnPayout,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
  uploadFile,
  wallets,
} from "./support/sandbox-client.js";

afterEach(stopAll);

function read(name: string): unknown {
  return JSON.parse(readFileSync(published(`upstream/examples/${name}`), "utf8"));
}

/** The body of the first answer with this status. */
function exampleOf(name: string, status: number): unknown {
  const { responses } = read(`api/${name}.json`) as { responses: { status: number; body: unknown }[] };
  return responses.find((response) => response.status === status)?.body;
}

/** Every path of keys; a list counts by its first item. */
function pathsOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.length === 0 ? [path] : pathsOf(value[0], `${path}[]`);
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, `${path}.${name}`));
}

function expectSameShape(actual: unknown, example: unknown): void {
  expect(pathsOf(actual).sort()).toEqual(pathsOf(example).sort());
}

testWithPublished("answers have the keys of the published examples", async () => {
  const client = await startSandboxClient();
  const { call } = client;
  const id = await createVerifiedCustomer(client);
  const created = await call("POST", "/customer", {
    type: "individual",
    first_name: "Ada",
    last_name: "Obi",
    email: "ada@example.com",
    country: "NG",
    id_type: "passport",
    id_number: "A12345678",
  });
  expectSameShape(created.body, exampleOf("customer-create", 201));
  expectSameShape((await call("GET", `/customer/${id}`)).body, exampleOf("customer-get", 200));
  expectSameShape((await call("GET", "/customer")).body, exampleOf("customer-list", 200));
  expectSameShape((await call("PUT", `/customer/${id}`, { tin: "1" })).body, exampleOf("customer-update", 200));
  expectSameShape((await call("POST", `/customer/${id}/kyc-data`, {})).body, exampleOf("customer-kyc-data", 200));
  expectSameShape((await call("GET", "/wallet")).body, exampleOf("wallet-list", 200));
  expectSameShape((await call("GET", `/wallet/${wallets.NGN}`)).body, exampleOf("wallet-get", 200));
  expectSameShape((await call("GET", "/currency")).body, exampleOf("currency-list", 200));
  expectSameShape((await call("GET", "/bank")).body, exampleOf("bank-list", 200));
  expectSameShape((await call("GET", "/momo-operator")).body, exampleOf("momo-operator-list", 200));
  expectSameShape((await call("GET", "/rate")).body, exampleOf("rate-list", 200));
  const pair = { from_currency_id: "CAD", to_currency_id: "NGN", from_amount: 100 };
  expectSameShape((await call("POST", "/fees/breakdown", pair)).body, exampleOf("fees-breakdown", 200));
  const paid = await call("POST", "/payout", ngnPayout(id, { merchant_reference: "order-1" }));
  expectSameShape(paid.body, exampleOf("payout-create", 200));
  const transaction = await call("GET", `/transaction/${at(paid.body, "transaction.id")}`);
  expectSameShape(transaction.body, exampleOf("transaction-get", 200));
  expectSameShape((await call("POST", "/transaction", {})).body, exampleOf("transaction-list", 200));
  const pending = await createCustomer(client);
  const files = await call("POST", `/customer/${pending}/files`, { id_file: await uploadFile(client, pending) });
  expect(files.body).toEqual(exampleOf("customer-files", 200));
});

testWithPublished("webhooks have the keys of the published examples", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const address = { street: "1 High Street", city: "London", state: "NY", zip_code: "10001", country: "GB" };
  const us = { type: "individual", account_type: "checking", bank_name: "Chase Bank", routing_number: "021000021" };
  const bodies: Record<string, Record<string, string>> = {
    ngn: { method: "bank_transfer", bank_id: "2", account_number: "0222500691" },
    gbp: { method: "bank_transfer", sort_code: "20-00-00", account_number: "12345678" },
    eur: { method: "bank_transfer", iban: "DE89370400440532013000", bic_code: "COBADEFFXXX" },
    usd: { method: "ach", ...us, account_number: "123456789012" },
    cad: { method: "interac", email: "jane@example.com", interac_first_name: "Jane", interac_last_name: "Roe" },
  };
  const customerId = await createVerifiedCustomer(client);
  const [verified] = await receiver.wait(1);
  expectSameShape(verified?.body, (read("webhooks/customer.verified.json") as { body: unknown }).body);
  for (const [code, fields] of Object.entries(bodies)) {
    const currency = code.toUpperCase() as keyof typeof wallets;
    const paid = await client.call("POST", "/payout", {
      wallet_id: wallets[currency],
      customer_id: customerId,
      from_currency_id: currency,
      to_currency_id: currency,
      from_amount: 500,
      merchant_reference: `order-${code}`,
      account_name: "Jane Roe",
      ...address,
      ...fields,
    });
    const id = at(paid.body, "transaction.id");
    const [event] = await receiver.wait(
      1,
      ({ body }) => body.transaction_id === id && body.transaction_status === "SUCCESSFUL",
    );
    expectSameShape(event?.body, (read(`webhooks/payout.completed.${code}.json`) as { body: unknown }).body);
  }
  const [initiated] = await receiver.wait(1, ({ body }) => body.type === "payout_initiated");
  expectSameShape(initiated?.body, (read("webhooks/payout.initiated.cad.json") as { body: unknown }).body);
});
