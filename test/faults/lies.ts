// Successful responses and webhooks that are about something else than they should be. Nothing of them may be taken over.

import type { SandboxTransaction } from "../../src/sandbox/sandbox.js";
import type { Random } from "./random.js";

/** The transaction as a lie tells it: members of the provider's transaction, null for one that is left out. */
export type Lie = (books: readonly SandboxTransaction[]) => Record<string, unknown>;

/** An amount that nobody orders. */
export const falseAmount = 1.23;
export const falseCustomer = "00000000-0000-4000-8000-00000000dead";
export const falseAccount = "9999999999";

const lies: readonly (readonly [name: string, lie: Lie])[] = [
  ["other amount", () => ({ amount: falseAmount, recipient: { amount: falseAmount } })],
  ["other currency", () => ({ currency: "USD", recipient: { currency: "GBP" } })],
  ["other customer", () => ({ business_customer_id: falseCustomer })],
  ["other reference", () => ({ merchant_reference: "somebody-elses-1" })],
  ["other recipient", () => ({ recipient: { account_number: falseAccount, email: "eve@example.com" } })],
  [
    "everything else",
    () => ({
      amount: falseAmount,
      currency: "USD",
      business_customer_id: falseCustomer,
      status: "SUCCESSFUL",
      recipient: { amount: falseAmount, currency: "GBP", account_number: falseAccount, email: "eve@example.com" },
    }),
  ],
  ["unknown status", () => ({ status: "QUEUED_FOR_REVIEW" })],
];

const withOtherPayments: typeof lies = [
  ...lies,
  // Those that come first have nobody to be taken for.
  ["other payout's transaction", ([other]) => (other ? { id: other.id } : { amount: falseAmount })],
  [
    "another payment",
    ([other]) =>
      other
        ? {
            id: other.id,
            reference: other.reference,
            merchant_reference: other.merchantReference,
            status: other.status,
          }
        : { business_customer_id: falseCustomer },
  ],
];

export function drawLie(random: Random): { name: string; lie: Lie } {
  const [name, lie] = random.pick(withOtherPayments);
  return { name: `lie: ${name}`, lie };
}

const webhookLies: readonly (readonly [name: string, changes: Record<string, unknown>])[] = [
  ["other amount", { transaction_amount: falseAmount, transaction_amount_without_fee: falseAmount }],
  ["other currency", { transaction_currency: "USD" }],
  ["other customer", { customer_id: falseCustomer }],
  ["other recipient", { recipient: { account_number: falseAccount, account_name: "Eve", amount: falseAmount } }],
];

/** The same event about other facts, with an id of its own. */
export function drawWebhookLie(random: Random, rawBody: string): { name: string; rawBody: string } {
  const [name, changes] = random.pick(webhookLies);
  const body = JSON.parse(rawBody) as Record<string, unknown>;
  const eventId = `${body.event_id}-${random.between(1, 1_000_000)}`;
  return { name: `webhook lie: ${name}`, rawBody: JSON.stringify({ ...body, ...changes, event_id: eventId }) };
}
