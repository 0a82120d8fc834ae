import { startTestGateway } from "./support/start-test-gateway.js";
import { pngFile, statusChangeFields } from "./support/test-client.js";

test("one subscription sees every status of a customer, its document and its payout, each once and in order", async () => {
  // Slow enough that no webhook overtakes the answer to the call that caused it.
  const { client } = await startTestGateway({ sandbox: { payoutStepDelayMs: 500 } });
  const { statusCursor } = await client.run("{ statusCursor }");
  const following = client.follow({ after: statusCursor });
  const { customer } = await client.createCustomer();
  const verification = client.follow({ customerId: customer.id, after: statusCursor });
  await client.upload(
    `mutation ($input: SubmitDocumentsInput!) { submitDocuments(input: $input) { userErrors { message } } }`,
    { input: { customerId: customer.id, documents: [{ category: "IDENTITY", file: null }] } },
    { "variables.input.documents.0.file": pngFile() },
  );
  await verification.until(({ to }) => to === "VERIFIED");
  await client.createPayout({ customerId: customer.id });

  const seen = await following.until(({ to }) => to === "SUCCESSFUL");
  expect(seen.map(({ __typename, to, source }) => `${__typename} ${to} ${source}`)).toEqual([
    "CustomerStatusChange PENDING MUTATION",
    "DocumentStatusChange REQUESTED MUTATION",
    "DocumentStatusChange UPLOADED MUTATION",
    "DocumentStatusChange ATTACHED MUTATION",
    "CustomerStatusChange PROCESSING MUTATION",
    "CustomerStatusChange VERIFIED WEBHOOK",
    "PayoutStatusChange SUBMITTING MUTATION",
    "PayoutStatusChange PENDING MUTATION",
    "PayoutStatusChange PROCESSING WEBHOOK",
    "PayoutStatusChange SUCCESSFUL WEBHOOK",
  ]);
  const { statusChanges } = await client.run(
    `query ($after: Cursor) { statusChanges(after: $after) { ${statusChangeFields} } }`,
    { after: statusCursor },
  );
  expect(statusChanges.map(({ cursor }: { cursor: string }) => cursor)).toEqual(seen.map(({ cursor }) => cursor));
});
