import { randomUUID } from "node:crypto";
import type { DemoClient, StatusChange, UserError } from "./demo-client.js";

const withinMs = 60_000;

const expected = [
  "Customer PENDING",
  "Document REQUESTED",
  "Document UPLOADED",
  "Document ATTACHED",
  "Customer PROCESSING",
  "Customer VERIFIED",
  "Payout SUBMITTING",
  "Payout PENDING",
  "Payout PROCESSING",
  "Payout SUCCESSFUL",
];

// The smallest PNG there is: one grey point.
const picture = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);

const createCustomer = `mutation ($input: CreateCustomerInput!) {
  createCustomer(input: $input) { customer { id } userErrors { field message } }
}`;

const submitDocuments = `mutation ($customerId: ID!, $file: Upload!) {
  submitDocuments(input: { customerId: $customerId, documents: [{ category: IDENTITY, file: $file }] }) {
    customer { status } userErrors { field message }
  }
}`;

const createPayout = `mutation ($input: CreatePayoutInput!) {
  createPayout(input: $input) { payout { id status } userErrors { field message } }
}`;

/** Answers whether every expected change came, in its order. */
export async function playDemo(client: DemoClient, print: (line: string) => void): Promise<boolean> {
  const { statusCursor } = await client.run<{ statusCursor: string }>("{ statusCursor }");
  const customerId = await step1(client);
  print(`\n1. createCustomer: ${customerId}`);

  const seen: string[] = [];
  const given = new AbortController();
  const timer = setTimeout(
    () => given.abort(new Error(`Not every change came within ${withinMs / 1000} seconds.`)),
    withinMs,
  );
  const background = (work: Promise<void>) => work.catch((error) => given.abort(error));
  const isDone = (change: StatusChange) => {
    const name = `${change.subject} ${change.to}`;
    print(`   ${name.padEnd(22)} ${change.source}`);
    seen.push(name);
    if (name === "Customer VERIFIED") void background(step3(client, customerId, print));
    return ["Customer REJECTED", "Payout SUCCESSFUL", "Payout FAILED"].includes(name);
  };
  const following = client.follow(statusCursor, customerId, given.signal, isDone).finally(() => clearTimeout(timer));
  print("2. submitDocuments: one identity document");
  await Promise.all([background(step2(client, customerId)), following]);

  const isComplete = JSON.stringify(seen) === JSON.stringify(expected);
  print(isComplete ? "\nEvery status change came, each once and in order." : `\nExpected: ${expected.join(", ")}.`);
  return isComplete;
}

async function step1(client: DemoClient): Promise<string> {
  const input = {
    idempotencyKey: randomUUID(),
    type: "INDIVIDUAL",
    firstName: "Ada",
    lastName: "Obi",
    email: `ada.${Date.now()}@example.com`,
    country: "NG",
    idType: "PASSPORT",
    idNumber: `A${Date.now()}`,
  };
  const { createCustomer: made } = await client.run<{
    createCustomer: { customer: { id: string } | null; userErrors: UserError[] };
  }>(createCustomer, { input });
  return required(made.customer, made.userErrors).id;
}

async function step2(client: DemoClient, customerId: string): Promise<void> {
  const file = new File([picture], "passport.png", { type: "image/png" });
  const { submitDocuments: made } = await client.upload<{
    submitDocuments: { customer: object | null; userErrors: UserError[] };
  }>(submitDocuments, { customerId }, file);
  required(made.customer, made.userErrors);
}

async function step3(client: DemoClient, customerId: string, print: (line: string) => void): Promise<void> {
  const { wallets, banks } = await client.run<{
    wallets: { id: string; balance: { currency: string } }[];
    banks: { id: string }[];
  }>(`{ wallets { id balance { currency } } banks(currency: "NGN") { id } }`);
  const input = {
    idempotencyKey: randomUUID(),
    customerId,
    walletId: wallets.find(({ balance }) => balance.currency === "NGN")?.id,
    sourceCurrency: "NGN",
    amount: { send: "5000.00" },
    destination: { ngnBank: { bankId: banks[0]?.id, accountNumber: "0222500691" } },
    note: "Demo",
  };
  print("3. createPayout: 5000.00 NGN");
  const { createPayout: made } = await client.run<{
    createPayout: { payout: object | null; userErrors: UserError[] };
  }>(createPayout, { input });
  required(made.payout, made.userErrors);
}

function required<T>(value: T | null, userErrors: UserError[]): T {
  if (value !== null) return value;
  throw new Error(userErrors.map(({ field, message }) => `${field?.join(".") ?? ""} ${message}`).join(" "));
}
