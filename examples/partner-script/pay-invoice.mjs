// Pays an invoice, from nothing to the money's arrival. Every step has a key that is made from the invoice's name: run again,
// it finds what is there already and goes on from it.

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { follow } from "./follow.mjs";
import { run, upload } from "./gateway.mjs";

const [invoice, passport] = process.argv.slice(2);
if (!invoice || !passport) {
  console.error("Usage: node pay-invoice.mjs INVOICE PASSPORT");
  process.exit(2);
}

const customer = await createCustomer();
console.log(`customer ${customer.id} is ${customer.status}`);
if (customer.status === "PENDING" || customer.status === "REJECTED") await submitPassport(customer.id, passport);
if (customer.status !== "VERIFIED") await review(customer);
await arrival(customer.id, await pay(customer.id));
console.log(`paid ${invoice}`);

async function createCustomer() {
  const query = `mutation ($input: CreateCustomerInput!) {
    createCustomer(input: $input) {
      customer { id status cursor }
      userErrors { field code message }
    }
  }`;
  const input = {
    idempotencyKey: `customer-of-${invoice}`,
    type: "INDIVIDUAL",
    firstName: "Ada",
    lastName: "Obi",
    email: "ada@example.com",
    country: "NG",
    idType: "PASSPORT",
    idNumber: "A01234567",
  };
  const { customer, userErrors } = (await run(query, { input })).createCustomer;
  if (!customer) refuse(userErrors);
  return customer;
}

/**
 * @param {string} customerId
 * @param {string} path
 */
async function submitPassport(customerId, path) {
  const query = `mutation ($input: SubmitDocumentsInput!) {
    submitDocuments(input: $input) { customer { status } userErrors { field code message } }
  }`;
  const type = path.endsWith(".pdf") ? "application/pdf" : path.endsWith(".png") ? "image/png" : "image/jpeg";
  const file = new File([await readFile(path)], basename(path), { type });
  const input = { customerId, documents: [{ category: "IDENTITY", file: null }] };
  const { submitDocuments } = await upload(query, { input }, "variables.input.documents.0.file", file);
  // Sent a second time after a lost answer, it may be verified by now.
  const faults = submitDocuments.userErrors.filter(({ code = "" }) => code !== "ALREADY_VERIFIED");
  if (faults.length > 0) refuse(faults);
}

/** @param {{ id: string, cursor: string }} customer as it was before the passport was sent */
async function review({ id, cursor }) {
  for await (const { customerStatus, reason, source } of follow(id, cursor)) {
    if (!customerStatus) continue;
    console.log(`customer ${customerStatus} (${source})`);
    if (customerStatus === "REJECTED") fail(reason);
    if (customerStatus === "VERIFIED") return;
  }
}

/** @param {string} customerId */
async function pay(customerId) {
  const { wallets, banks } = await run(`{ wallets { id balance { currency } } banks(currency: "NGN") { id name } }`);
  const query = `mutation ($input: CreatePayoutInput!) {
    createPayout(input: $input) {
      payout { id status cursor statusChanges(first: 1) { cursor ... on PayoutStatusChange { from } } }
      replayed
      userErrors { field code message }
    }
  }`;
  const input = {
    idempotencyKey: `payout-of-${invoice}`,
    customerId,
    walletId: wallets.find(({ balance = { currency: "" } }) => balance.currency === "NGN").id,
    sourceCurrency: "NGN",
    amount: { send: "5000.00" },
    destination: { ngnBank: { bankId: banks[0].id, accountNumber: "0222500691" } },
    note: invoice,
  };
  const { payout, replayed, userErrors } = (await run(query, { input })).createPayout;
  if (!payout) refuse(userErrors);
  console.log(replayed ? `payout ${payout.id} was made before` : `payout ${payout.id}`);
  const [first] = payout.statusChanges;
  // Of one that was made long before, the gateway may no longer keep how it came to its status.
  return first?.from === null ? { id: payout.id, status: null, cursor: first.cursor } : payout;
}

/**
 * After the payout's first change: what happened before this run is read first.
 * @param {string} customerId
 * @param {{ id: string, status: string | null, cursor: string }} payout
 */
async function arrival(customerId, { id, status, cursor }) {
  if (status) console.log(`payout ${status}`);
  if (status === "FAILED") fail("It failed.");
  if (status === "SUCCESSFUL") return;
  for await (const { payoutStatus, payout, reason, source } of follow(customerId, cursor)) {
    if (payout?.id !== id) continue;
    console.log(`payout ${payoutStatus} (${source})`);
    if (payoutStatus === "FAILED") fail(reason);
    if (payoutStatus === "SUCCESSFUL") return;
  }
}

/**
 * @param {{ field: string[] | null, code: string, message: string }[]} userErrors
 * @returns {never}
 */
function refuse(userErrors) {
  return fail(userErrors.map(({ field, code, message }) => `${field?.join(".") ?? ""} ${code}: ${message}`).join("\n"));
}

/**
 * @param {string | null} reason
 * @returns {never}
 */
function fail(reason) {
  console.error(reason ?? "The provider gives no reason.");
  process.exit(1);
}
