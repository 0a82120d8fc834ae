import { parse } from "lossless-json";
import { startTestGateway } from "./support/start-test-gateway.js";
import { wallets } from "./support/test-client.js";

const money = (amount: string, currency: string) => ({ amount, currency });

const payoutFields = `method amount { amount currency } fee { amount currency } rate
  recipient { accountName accountNumber bankName email phoneNumber amount { amount currency } }`;

const nobody = { accountName: null, accountNumber: null, bankName: null, email: null, phoneNumber: null };

const britishAddress = {
  street: "1 High Street",
  city: "Leeds",
  state: "Yorkshire",
  zipCode: "LS1 1AA",
  country: "GB",
};
const americanAddress = { street: "5 Elm Street", city: "Boston", state: "MA", zipCode: "02110", country: "US" };
const american = {
  accountName: "Mary Major",
  accountNumber: "000111222333",
  routingNumber: "011000015",
  bankName: "First Example Bank",
  address: americanAddress,
};

/** Each destination: what a client sends, what the provider must receive, byte for byte in its amount, and what comes of it. */
const payouts = [
  {
    kind: "ngnBank",
    input: {
      walletId: wallets.NGN,
      sourceCurrency: "NGN",
      amount: { send: "5000.25" },
      destination: { ngnBank: { bankId: "2", accountNumber: "0222500691" } },
      note: "Invoice 7",
    },
    body: `{"method":"bank_transfer","from_currency_id":"NGN","to_currency_id":"NGN","from_amount":5000.25,
      "bank_id":"2","account_number":"0222500691","note":"Invoice 7"}`,
    outcome: {
      method: "BANK_TRANSFER",
      amount: money("5000.25", "NGN"),
      fee: money("50.00", "NGN"),
      rate: null,
      recipient: {
        ...nobody,
        accountName: "Ada Obi",
        accountNumber: "0222500691",
        bankName: "Zenith Bank",
        amount: money("4950.25", "NGN"),
      },
    },
  },
  {
    kind: "gbpBank",
    input: {
      walletId: wallets.GBP,
      sourceCurrency: "GBP",
      amount: { send: "612.88" },
      destination: {
        gbpBank: {
          accountName: "Mary Major",
          accountNumber: "87654321",
          sortCode: "04-00-04",
          address: britishAddress,
        },
      },
    },
    body: `{"method":"bank_transfer","from_currency_id":"GBP","to_currency_id":"GBP","from_amount":612.88,
      "sort_code":"04-00-04","account_number":"87654321","account_name":"Mary Major",
      "street":"1 High Street","city":"Leeds","zip_code":"LS1 1AA","country":"GB"}`,
    outcome: {
      method: "BANK_TRANSFER",
      amount: money("612.88", "GBP"),
      fee: money("6.13", "GBP"),
      rate: null,
      recipient: {
        ...nobody,
        accountName: "Mary Major",
        accountNumber: "87654321",
        bankName: "Barclays",
        amount: money("606.75", "GBP"),
      },
    },
  },
  {
    kind: "eurBank",
    input: {
      walletId: wallets.EUR,
      sourceCurrency: "EUR",
      amount: { receive: "20.00" },
      destination: {
        eurBank: {
          accountName: "Marie Dupont",
          iban: "FR7630006000011234567890189",
          bic: "AGRIFRPP",
          address: { street: "2 rue de la Paix", city: "Paris", zipCode: "75002", country: "FR" },
        },
      },
    },
    body: `{"method":"bank_transfer","from_currency_id":"EUR","to_currency_id":"EUR","to_amount":20.00,
      "iban":"FR7630006000011234567890189","bic_code":"AGRIFRPP","account_name":"Marie Dupont",
      "street":"2 rue de la Paix","city":"Paris","zip_code":"75002","country":"FR"}`,
    outcome: {
      method: "BANK_TRANSFER",
      amount: money("20.20", "EUR"),
      fee: money("0.20", "EUR"),
      rate: null,
      recipient: {
        ...nobody,
        accountName: "Marie Dupont",
        accountNumber: "FR7630006000011234567890189",
        bankName: "AGRIFRPP",
        amount: money("20.00", "EUR"),
      },
    },
  },
  {
    kind: "ach",
    input: {
      walletId: wallets.USD,
      sourceCurrency: "USD",
      amount: { send: "100" },
      destination: { ach: { ...american, holderType: "INDIVIDUAL", accountType: "SAVINGS" } },
    },
    body: `{"method":"ach","from_currency_id":"USD","to_currency_id":"USD","from_amount":100.00,
      "type":"individual","account_number":"000111222333","account_name":"Mary Major","account_type":"savings",
      "bank_name":"First Example Bank","routing_number":"011000015",
      "street":"5 Elm Street","city":"Boston","state":"MA","zip_code":"02110","country":"US"}`,
    outcome: {
      method: "ACH",
      amount: money("100.00", "USD"),
      fee: money("1.00", "USD"),
      rate: null,
      recipient: {
        ...nobody,
        accountName: "Mary Major",
        accountNumber: "000111222333",
        bankName: "First Example Bank",
        amount: money("99.00", "USD"),
      },
    },
  },
  {
    kind: "wire",
    input: {
      walletId: wallets.NGN,
      sourceCurrency: "NGN",
      amount: { receive: "1000.10" },
      destination: { wire: { ...american, holderType: "BUSINESS", accountType: "CHECKING", swiftCode: "FEXBUS33" } },
    },
    body: `{"method":"wire","from_currency_id":"NGN","to_currency_id":"USD","to_amount":1000.10,
      "type":"business","account_number":"000111222333","account_name":"Mary Major","account_type":"checking",
      "bank_name":"First Example Bank","routing_number":"011000015","swift_code":"FEXBUS33",
      "street":"5 Elm Street","city":"Boston","state":"MA","zip_code":"02110","country":"US"}`,
    outcome: {
      method: "WIRE",
      // 1000.10 at 0.00064516, rounded up, and 1 % and 20.00 on top.
      amount: money("1565679.69", "NGN"),
      fee: money("15521.58", "NGN"),
      rate: "0.00064516",
      recipient: {
        ...nobody,
        accountName: "Mary Major",
        accountNumber: "000111222333",
        bankName: "First Example Bank",
        amount: money("1000.10", "USD"),
      },
    },
  },
  {
    kind: "interac",
    input: {
      walletId: wallets.CAD,
      sourceCurrency: "CAD",
      amount: { send: "50.5" },
      destination: { interac: { email: "mary@example.com", firstName: "Mary", lastName: "Major" } },
    },
    body: `{"method":"interac","from_currency_id":"CAD","to_currency_id":"CAD","from_amount":50.50,
      "email":"mary@example.com","interac_first_name":"Mary","interac_last_name":"Major"}`,
    outcome: {
      method: "INTERAC",
      amount: money("50.50", "CAD"),
      fee: money("1.02", "CAD"),
      rate: null,
      recipient: {
        ...nobody,
        accountName: "Mary Major",
        email: "mary@example.com",
        amount: money("49.48", "CAD"),
      },
    },
  },
  ...(
    [
      ["KES", "6", "operator-1", "M-PESA", "+254711000000", "129.5", "1282.05"],
      ["UGX", "7", "operator-3", "MTN Mobile Money Uganda", "+256772000000", "3700", "36630"],
      ["TZS", "8", "operator-5", "Vodacom M-Pesa", "+255754000000", "2600", "25740.00"],
      ["XOF", "9", "operator-7", "Orange Money Senegal", "+221771234567", "605", "5990"],
      ["GHS", "10", "operator-9", "MTN Mobile Money Ghana", "+233241234567", "15.2", "150.48"],
    ] as const
  ).map(([currency, currencyId, operatorId, bankName, phoneNumber, rate, arrives]) => ({
    kind: `mobileMoney (${currency})`,
    input: {
      walletId: wallets.USD,
      sourceCurrency: "USD",
      amount: { send: "10" },
      destination: { mobileMoney: { currency, operatorId, phoneNumber, accountName: "Mary Major" } },
    },
    body: `{"method":"mobile_money","from_currency_id":"USD","to_currency_id":"${currencyId}","from_amount":10.00,
      "phone_number":"${phoneNumber}","mobile_money_operator_id":"${operatorId}","account_name":"Mary Major"}`,
    outcome: {
      method: "MOBILE_MONEY",
      amount: money("10.00", "USD"),
      fee: money("0.10", "USD"),
      rate,
      recipient: {
        ...nobody,
        accountName: "Mary Major",
        accountNumber: phoneNumber,
        bankName,
        phoneNumber,
        amount: money(arrives, currency),
      },
    },
  })),
];

test.each(payouts)("a payout to $kind sends exactly the contract's body and ends SUCCESSFUL", async (payout) => {
  const { client, provider } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const { payout: made, userErrors } = await client.createPayout({ customerId, ...payout.input });
  expect(userErrors).toEqual([]);

  const [received] = provider.received("POST /payout");
  // Parsed without floats: each number is compared digit for digit.
  expect(parse(received?.rawBody ?? "")).toEqual({
    ...(parse(payout.body) as object),
    wallet_id: payout.input.walletId,
    customer_id: customerId,
    merchant_reference: made.merchantReference,
  });
  expect(received?.headers["content-type"]).toMatch(/^application\/json/);

  const done = await client.payoutReaching(made.id, "SUCCESSFUL", payoutFields);
  expect(done).toMatchObject(payout.outcome);
  expect(provider.transactions()).toMatchObject([{ merchantReference: made.merchantReference, status: "SUCCESSFUL" }]);
});

test("what arrives is known with the first answer already, and no later news blurs it", async () => {
  const { client } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const [, , , , wire] = payouts;
  const { payout } = await client.createPayout({ customerId, ...wire?.input });
  expect(payout).toMatchObject({ amount: wire?.outcome.amount, fee: wire?.outcome.fee });
  expect(payout.recipient).toMatchObject({ amount: wire?.outcome.recipient.amount });
  const done = await client.payoutReaching(payout.id, "SUCCESSFUL", payoutFields);
  expect(done).toMatchObject(wire?.outcome ?? {});
});

test("an Interac payout gets its question and answer by webhook", async () => {
  const { client } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const interac = payouts.find(({ kind }) => kind === "interac");
  const { payout } = await client.createPayout({ customerId, ...interac?.input });
  const fields = "interacInstruction { question answer }";
  const { interacInstruction } = await client.payoutReaching(payout.id, "SUCCESSFUL", fields);
  expect(interacInstruction).toEqual({ question: "What is the PIN?", answer: expect.stringMatching(/^\d{4}$/) });
});

test("a payout of a business customer is sent like any other", async () => {
  const { client, provider } = await startTestGateway();
  const { customer } = await client.createCustomer({
    type: "BUSINESS",
    firstName: null,
    lastName: null,
    idType: null,
    idNumber: null,
    businessName: "Example Trading Ltd",
    registrationNumber: "RC123456",
    incorporationCountry: "NG",
    email: "office+pre-verified@example.com",
  });
  const verification = client.follow({ customerId: customer.id, after: customer.cursor });
  await verification.until(({ to }) => to === "VERIFIED");
  const { payout } = await client.createPayout({ customerId: customer.id });
  await client.payoutReaching(payout.id, "SUCCESSFUL");
  expect(provider.transactions()).toMatchObject([{ customerId: customer.id }]);
});
