import {
  at,
  createVerifiedCustomer,
  ngnPayout,
  startSandboxClient,
  startWebhookReceiver,
  stopAll,
  wallets,
} from "./support/sandbox-client.js";

afterEach(stopAll);

function paying(amount: string, customerId: string): string {
  return JSON.stringify(ngnPayout(customerId, { from_amount: 7 })).replace(
    '"from_amount":7',
    `"from_amount":${amount}`,
  );
}

test.each([
  ["0.1", "0", "0.1"],
  ["612.88", "6.13", "606.75"],
  ["20.0", "0.2", "19.8"],
  ["9007199254740993.01", "90071992547409.93", "8917127262193583.08"],
])("%s NGN is booked, answered and announced to the last digit", async (amount, fee, received) => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const customerId = await createVerifiedCustomer(client);
  const paid = await client.call("POST", "/payout", paying(amount, customerId));
  const plain = amount.replace(/\.0$/, "");
  const digits = [`"amount":${plain}`, `"fee":${fee}`, `"amount_without_fee":${received}`];
  for (const expected of digits) expect(paid.text).toContain(expected);
  const read = await client.call("GET", `/transaction/${at(paid.body, "transaction.id")}`);
  for (const expected of digits) expect(read.text).toContain(expected);
  const [event] = await receiver.wait(1, ({ body }) => body.transaction_status === "SUCCESSFUL");
  expect(event?.rawBody).toContain(`"transaction_amount":${plain},`);
  expect(client.sandbox.transactions()).toMatchObject([{ amount: plain, fee, recipient: { amount: received } }]);
});

test("the wallet is debited by exactly the amount, and credited again when the payout fails", async () => {
  const receiver = await startWebhookReceiver();
  const client = await startSandboxClient({ webhookUrl: receiver.url });
  const customerId = await createVerifiedCustomer(client);
  const balance = async () => (await client.call("GET", `/wallet/${wallets.NGN}`)).text;
  expect(await balance()).toContain('"amount":1000000000000000000.50');
  await client.call("POST", "/payout", paying("9007199254740993.01", customerId));
  await receiver.wait(1, ({ body }) => body.transaction_status === "SUCCESSFUL");
  expect(await balance()).toContain('"amount":990992800745259007.49');
  const failing = JSON.parse(paying("100", customerId));
  await client.call("POST", "/payout", { ...failing, note: "test-failed" });
  await receiver.wait(1, ({ body }) => body.transaction_status === "FAILED");
  expect(await balance()).toContain('"amount":990992800745259007.49');
});

test("an amount to receive arrives exactly, and the fee is added to what it costs", async () => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  const paid = await client.call("POST", "/payout", {
    wallet_id: wallets.USD,
    customer_id: customerId,
    method: "mobile_money",
    from_currency_id: "USD",
    to_currency_id: "KES",
    to_amount: 12950.01,
    phone_number: "+254700000000",
    mobile_money_operator_id: "operator-1",
    account_name: "Jane Roe",
  });
  expect(paid.text).toContain('"amount":101.01');
  expect(paid.body).toMatchObject({
    transaction: { amount_without_fee: 100.01, fee: 1, rate: 129.5, recipient: { amount: 12950.01, currency: "KES" } },
  });
});

test("the quoted fee is the fee that a payout is charged", async () => {
  const client = await startSandboxClient();
  const customerId = await createVerifiedCustomer(client);
  const pair = { from_currency_id: "CAD", to_currency_id: "CAD" };
  const quoted = await client.call("POST", "/fees/breakdown", { ...pair, from_amount: 612.88 });
  const paid = await client.call("POST", "/payout", {
    ...pair,
    wallet_id: wallets.CAD,
    customer_id: customerId,
    method: "interac",
    from_amount: 612.88,
    email: "jane@example.com",
    interac_first_name: "Jane",
    interac_last_name: "Roe",
  });
  expect(quoted.body).toMatchObject({
    our_fee: 6.13,
    payout_fees: [
      {
        method: "INTERAC",
        fee: 6.13,
        total_fees: 12.26,
        you_send: 612.88,
        recipient_gets: 600.62,
        amountIsYouSend: true,
        amountIsRecipientGets: false,
        rate: 1,
      },
    ],
  });
  expect(paid.body).toMatchObject({ transaction: { fee: 12.26, recipient: { amount: 600.62 } } });
  const wire = await client.call("POST", "/fees/breakdown", {
    from_currency_id: "USD",
    to_currency_id: "3",
    to_amount: 100,
  });
  expect(wire.body).toMatchObject({
    payout_fees: [
      { method: "ACH", total_fees: 1, you_send: 101, recipient_gets: 100, amountIsRecipientGets: true },
      { method: "WIRE", total_fees: 21, you_send: 121, recipient_gets: 100 },
    ],
  });
});
