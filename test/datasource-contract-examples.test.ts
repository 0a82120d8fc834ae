// Every example answer of the contract, read by the data source that will meet it. An answer is right when the call
// succeeds for a 2xx and fails as it should for the rest.

import { readdirSync } from "node:fs";
import { isLosslessNumber, stringify } from "lossless-json";
import { BanksDataSource } from "../src/datasources/banks.datasource.js";
import type { CreateCustomerCommand, PayoutCommand } from "../src/datasources/commands.js";
import { CurrenciesDataSource } from "../src/datasources/currencies.datasource.js";
import { CustomersDataSource } from "../src/datasources/customers.datasource.js";
import { DocumentsDataSource } from "../src/datasources/documents.datasource.js";
import { FeesDataSource } from "../src/datasources/fees.datasource.js";
import { PayoutsDataSource } from "../src/datasources/payouts.datasource.js";
import type { ProviderClient } from "../src/datasources/provider-client.js";
import { ProviderError } from "../src/datasources/provider-error.js";
import { TransactionsDataSource } from "../src/datasources/transactions.datasource.js";
import { WalletsDataSource } from "../src/datasources/wallets.datasource.js";
import { WebhooksDataSource } from "../src/datasources/webhooks.datasource.js";
import { payoutCommands } from "./support/payout-commands.js";
import { describeWithPublished, published, readPublished } from "./support/published.js";
import { connect, startStubProvider } from "./support/stub-provider.js";

interface Example {
  request: { method: string; path: string };
  responses: { status: unknown; when?: string; headers?: Record<string, string>; body: Record<string, unknown> }[];
}
type Body = Example["responses"][number]["body"];
type Call = (client: ProviderClient, id: string, body: Body) => Promise<unknown>;

const urls = { payoutUrl: "https://gw.example/webhooks", collectionUrl: "https://gw.example/webhooks" };

const calls: Record<string, Call> = {
  "oauth-token": (client) => client.get("/wallet"),
  "customer-create": (client, _id, body) => new CustomersDataSource(client).create(customerFor(body)),
  "customer-create-business": (client, _id, body) => new CustomersDataSource(client).create(customerFor(body)),
  "customer-create-business-minimal": (client, _id, body) => new CustomersDataSource(client).create(customerFor(body)),
  "customer-get": (client, id) => new CustomersDataSource(client).get(id),
  "customer-get-business": (client, id) => new CustomersDataSource(client).get(id),
  "customer-list": (client) => new CustomersDataSource(client).list(),
  "customer-update": (client, id) => new CustomersDataSource(client).update(id, { phone: "+2348098765432" }),
  "customer-files": (client, id) => new CustomersDataSource(client).attachFiles(id, { IDENTITY: "f1" }),
  "file-get-presigned-url": (client) =>
    new DocumentsDataSource(client).requestUpload("1", "IDENTITY", { fileName: "a.jpg", contentType: "image/jpeg" }),
  "payout-create": (client, _id, body) => new PayoutsDataSource(client, async () => null).create(commandFor(body)),
  "transaction-get": (client, id) => new TransactionsDataSource(client).get(id),
  "transaction-get-swap": (client, id) => new TransactionsDataSource(client).get(id),
  "transaction-list": (client) => new TransactionsDataSource(client).list(),
  "transaction-list-incoming": (client) => new TransactionsDataSource(client).list(),
  "wallet-list": (client) => new WalletsDataSource(client).list(),
  "wallet-get": (client, id) => new WalletsDataSource(client).get(id),
  "currency-list": (client) => new CurrenciesDataSource(client).list(),
  "bank-list": (client) => new BanksDataSource(client).list({ currency: "NGN" }),
  "bank-account-lookup": (client) => new BanksDataSource(client).accountName("2", "0222500691"),
  "momo-operator-list": (client) => new BanksDataSource(client).mobileMoneyOperators("currency-kes"),
  "fees-breakdown": (client) =>
    new FeesDataSource(client).payoutQuotes({ sourceCurrency: "CAD", targetCurrency: "NGN", amount: { send: "100" } }),
  "webhook-register": (client) => new WebhooksDataSource(client).register(urls),
  "webhook-get": (client) => new WebhooksDataSource(client).get(),
  "webhook-update": (client, id) => new WebhooksDataSource(client).update(id, urls),
  "webhook-replay": (client) => new WebhooksDataSource(client).replay("a1000000-0000-4000-8000-000000000001"),
  "webhook-log-list": (client) => new WebhooksDataSource(client).listLogs(),
  "webhook-log-get": (client, id) => new WebhooksDataSource(client).getLog(id),
};

// The gateway does not call these endpoints yet. The last four hold no answers of
// the API, or other tests read them.
const notCalled = [
  "collection-accept-interac-money-request",
  "collection-attach-customer",
  "collection-create-card",
  "collection-interac-money-request",
  "crypto-payout-create",
  "customer-beneficiary-list",
  "customer-document-delete",
  "customer-document-get",
  "customer-document-list",
  "customer-document-presigned-url",
  "customer-document-register",
  "customer-document-update",
  "customer-kyc-data",
  "customer-owner-delete",
  "customer-owner-file-presigned-url",
  "customer-owner-files",
  "customer-submit",
  "customer-upgrade-kyb-scope",
  "bank-iban-verification",
  "bank-payee-verification",
  "interac-auto-deposit-email-create",
  "interac-auto-deposit-email-get",
  "interac-auto-deposit-email-list",
  "rate-list",
  "refund-create",
  "refund-get",
  "swap-create",
  "transaction-get-collection",
  "virtual-bank-account-close",
  "virtual-bank-account-create",
  "virtual-bank-account-get",
  "virtual-bank-account-identification-type",
  "virtual-bank-account-list",
  "mock-simulate-interac",
  "errors",
  "payout-create-bodies",
  "presigned-put",
];

const emptyByAnswer: Record<number, string[]> = {
  // A transaction that is not a payout.
  200: ["transaction-get-swap"],
  404: ["customer-get", "transaction-get", "webhook-get", "webhook-log-get"],
  400: ["bank-account-lookup"],
};

/** The customer that an example answers, because any other one would rightly be refused. */
function customerFor(body: Body): CreateCustomerCommand {
  const data = (body.data ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof data[name] === "string" ? (data[name] as string) : null);
  return {
    type: data.type === "business" ? "BUSINESS" : "INDIVIDUAL",
    country: text("country") ?? "NG",
    firstName: text("first_name"),
    lastName: text("last_name"),
    businessName: text("business_name"),
    email: text("email"),
    idNumber: text("id_number"),
    registrationNumber: text("registration_number"),
  };
}

/** The payout that an example answers, because any other one would rightly be refused. */
function commandFor(body: Body): PayoutCommand {
  const transaction = body.transaction as Record<string, unknown> | undefined;
  const template = transaction?.currency === "CAD" ? payoutCommands.interac : payoutCommands.ngnBank;
  if (!transaction) return template;
  const recipient = transaction.recipient as Record<string, unknown>;
  const { destination } = template;
  return {
    ...template,
    ...(destination.kind === "ngnBank"
      ? { destination: { ...destination, accountNumber: String(recipient.account_number) } }
      : {}),
    merchantReference: String(transaction.merchant_reference),
    customerId: String(transaction.business_customer_id),
    amount: { send: isLosslessNumber(transaction.amount) ? transaction.amount.value : "0" },
  };
}

async function answerOf(name: string, example: Example, response: Example["responses"][number]): Promise<unknown> {
  const { method, path } = example.request;
  const provider = await startStubProvider();
  provider.answer("GET /api/external/wallet", { body: [] });
  provider.answer(`${method} ${path}`, {
    status: Number(String(response.status)),
    headers: response.headers ?? {},
    body: stringify(response.body) ?? "",
  });
  const id = path.split("/").at(-1) === "files" ? (path.split("/").at(-2) ?? "") : (path.split("/").at(-1) ?? "");
  const call = calls[name] as Call;
  return call(connect(provider), id, response.body).catch((error: unknown) => error);
}

describeWithPublished("the contract's example answers", () => {
  test("are all known here", () => {
    const files = readdirSync(published("upstream/examples/api")).map((file) => file.replace(/\.json$/, ""));
    expect(files.toSorted()).toEqual([...Object.keys(calls), ...notCalled].toSorted());
  });

  test.each(Object.keys(calls))("%s are read", async (name) => {
    const example = readPublished(`upstream/examples/api/${name}.json`) as Example;
    expect(example.responses.length).toBeGreaterThan(0);
    for (const response of example.responses) {
      const status = Number(String(response.status));
      const answer = await answerOf(name, example, response);
      const isEmpty = emptyByAnswer[status]?.includes(name) ?? false;
      if (isEmpty) expect(answer).toBeNull();
      else if (status < 300) expect(answer).not.toBeInstanceOf(Error);
      else expect(answer).toBeInstanceOf(ProviderError);
      if (answer instanceof ProviderError) expect(answer.kind).not.toBe("GARBLED");
    }
  });

  test("their errors are told apart in every form of body", async () => {
    const { variants } = readPublished("upstream/examples/api/errors.json") as {
      variants: { name: string; status: unknown[]; body: unknown }[];
    };
    for (const { status, body } of variants) {
      const provider = await startStubProvider();
      provider.answer("GET /api/external/wallet", {
        status: Number(String(status[0])) || 400,
        body: typeof body === "string" ? body : (stringify(body) ?? ""),
      });
      const error = await connect(provider)
        .get("/wallet")
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ProviderError);
      const hasText = typeof body === "object";
      expect((error as ProviderError).providerMessage !== null).toBe(hasText);
    }
  });
});
