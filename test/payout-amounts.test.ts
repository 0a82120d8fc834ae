import { parse } from "lossless-json";
import { startTestGateway } from "./support/start-test-gateway.js";
import { payoutInput, unique, wallets } from "./support/test-client.js";

const amounts = "amount { amount currency } fee { amount currency } recipient { amount { amount currency } }";

const naira = (amount: string) => ({ amount, currency: "NGN" });

// What goes in, how it is written in full, the 1 % of it that is the fee, what that leaves, and what it adds up to.
const decimals = [
  ["0.1", "0.10", "0.00", "0.10", "0.10"],
  ["612.88", "612.88", "6.13", "606.75", "619.01"],
  ["20.0", "20.00", "0.20", "19.80", "20.20"],
  ["9007199254740993.01", "9007199254740993.01", "90071992547409.93", "8917127262193583.08", "9097271247288402.94"],
  ["007", "7.00", "0.07", "6.93", "7.07"],
] as const;

test.each(decimals)("%s sent comes out as %s wherever the payout is shown", async (given, amount, fee, arrives) => {
  const { client, provider } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId, amount: { send: given } });
  const expected = { amount: naira(amount), fee: naira(fee), recipient: { amount: naira(arrives) } };
  expect(payout).toMatchObject(expected);
  expect(provider.received("POST /payout")[0]?.rawBody).toContain(`"from_amount":${amount},`);
  expect(provider.transactions()).toHaveLength(1);

  expect(await client.payoutReaching(payout.id, "SUCCESSFUL", amounts)).toMatchObject(expected);
  const { payouts, payoutByTransaction } = await client.run(
    `query ($id: ID!) {
      payouts { nodes { ${amounts} } }
      payoutByTransaction(transactionId: $id) { ${amounts} }
    }`,
    { id: payout.transactionId },
  );
  expect(payouts.nodes).toEqual([expected]);
  expect(payoutByTransaction).toEqual(expected);
});

test.each(decimals)("%s to be received arrives as %s, exactly", async (given, amount, fee, _left, total) => {
  const { client, provider } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const { payout } = await client.createPayout({ customerId, amount: { receive: given } });
  const expected = { amount: naira(total), fee: naira(fee), recipient: { amount: naira(amount) } };
  expect(payout).toMatchObject(expected);
  expect(provider.received("POST /payout")[0]?.rawBody).toContain(`"to_amount":${amount},`);
  expect(await client.payoutReaching(payout.id, "SUCCESSFUL", amounts)).toMatchObject(expected);
});

test("a number written into the document keeps all its digits", async () => {
  const { client, provider } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const { createPayout } = await client.run(
    `mutation ($customerId: ID!, $key: ID!) {
      createPayout(input: {
        idempotencyKey: $key, customerId: $customerId, walletId: "${wallets.NGN}", sourceCurrency: "NGN"
        amount: { send: 9007199254740993.01 }, destination: { ngnBank: { bankId: "1", accountNumber: "0222500691" } }
      }) { payout { amount { amount } } userErrors { message } }
    }`,
    { customerId, key: unique("k") },
  );
  expect(createPayout).toEqual({ payout: { amount: { amount: "9007199254740993.01" } }, userErrors: [] });
  expect(provider.received("POST /payout")[0]?.rawBody).toContain('"from_amount":9007199254740993.01,');
});

test.each([
  ["UGX", "operator-3", "+256772000000", "37000", "10.00", "10.10"],
  ["XOF", "operator-7", "+221771234567", "6051", "10.01", "10.11"],
] as const)("%s is paid without decimals", async (currency, operatorId, phoneNumber, receive, _base, amount) => {
  const { client, provider } = await startTestGateway();
  const { id: customerId } = await client.verifiedCustomer();
  const input = {
    customerId,
    walletId: wallets.USD,
    sourceCurrency: "USD",
    destination: { mobileMoney: { currency, operatorId, phoneNumber, accountName: "Mary Major" } },
  };
  const refused = await client.createPayout({ ...input, amount: { receive: `${receive}.5` } });
  expect(refused.userErrors).toEqual([
    { field: ["amount", "receive"], code: "INVALID", message: "receive must have no decimals in its currency." },
  ]);
  const { payout } = await client.createPayout({ ...input, amount: { receive } });
  expect(provider.received("POST /payout")).toHaveLength(1);
  expect(parse(provider.received("POST /payout")[0]?.rawBody ?? "")).toMatchObject({ to_amount: { value: receive } });
  expect(await client.payoutReaching(payout.id, "SUCCESSFUL", amounts)).toMatchObject({
    amount: { amount, currency: "USD" },
    recipient: { amount: { amount: receive, currency } },
  });
});

test("what is nothing, negative, too big or too fine is no amount that can be paid", async () => {
  const { client, provider } = await startTestGateway();
  for (const send of ["0", "0.00", "-5", "1000000000000000000", "0.001", "12.345"]) {
    const { userErrors } = await client.createPayout({ customerId: "c1", amount: { send } });
    expect(userErrors).toMatchObject([{ field: ["amount", "send"], code: "INVALID" }]);
  }
  expect(provider.received("POST /payout")).toHaveLength(0);
});

test("an amount that has been a float, or is no decimal, is refused without being repeated", async () => {
  const { client, provider } = await startTestGateway();
  for (const send of [0.1, 7, "1e5", "NaN", "1,000", " 5", "+5", "٥", "0x10", "", true, ["5"]]) {
    const { data, errors } = await client.request(
      "mutation ($input: CreatePayoutInput!) { createPayout(input: $input) { payout { id } userErrors { field } } }",
      { input: payoutInput({ customerId: "c1", amount: { send } }) },
    );
    if (errors) expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    else expect(data?.createPayout).toMatchObject({ payout: null, userErrors: [{ field: [expect.any(String)] }] });
  }
  expect(provider.received("POST /payout")).toHaveLength(0);
});
