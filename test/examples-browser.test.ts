import { emptyLog } from "./support/aged-rows.js";
import { inBrowser, openPage } from "./support/browser.js";
import { CuttableLine } from "./support/cuttable-line.js";
import { serveExample } from "./support/example-page.js";
import { movePayout } from "./support/provider-calls.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { pngFile } from "./support/test-client.js";
import { newSqliteUrl, openTestDatabase } from "./support/test-databases.js";

inBrowser(() => {
  test("the React hook shows every change once, also those that came while the line was down", async () => {
    const { client, provider } = await startTestGateway({ sandbox: { payoutStepDelayMs: 600_000 } });
    const { id: customerId } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId });
    const line = await CuttableLine.to(client.url);
    const page = await openPage(`${await serveExample("react-hook", line.url)}/?payout=${payout.id}`);
    await page.getByText("Live", { exact: true }).waitFor();
    const statuses = () => page.getByRole("listitem").locator("strong").allInnerTexts();
    await page.getByRole("listitem").nth(1).waitFor();
    expect(await statuses()).toEqual(["SUBMITTING", "PENDING"]);

    await movePayout(provider, payout.transactionId, "PROCESSING");
    await page.getByRole("heading", { name: "PROCESSING" }).waitFor();
    line.cut();
    await page.getByText("Reconnecting", { exact: true }).waitFor();
    await movePayout(provider, payout.transactionId, "SUCCESSFUL");
    await client.payoutReaching(payout.id, "SUCCESSFUL");
    line.mend();
    await page.getByRole("heading", { name: "SUCCESSFUL" }).waitFor();
    expect(await statuses()).toEqual(["SUBMITTING", "PENDING", "PROCESSING", "SUCCESSFUL"]);
  });

  test("the React hook that was away for longer than changes are kept shows the payout as it is, and goes on", async () => {
    const databaseUrl = await newSqliteUrl();
    const { client, provider } = await startTestGateway({
      config: { databaseUrl },
      sandbox: { payoutStepDelayMs: 600_000 },
    });
    const database = await openTestDatabase(databaseUrl);
    const { id: customerId } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId });
    const line = await CuttableLine.to(client.url);
    const page = await openPage(`${await serveExample("react-hook", line.url)}/?payout=${payout.id}`);
    await page.getByRole("heading", { name: "PENDING" }).waitFor();
    line.cut();
    await page.getByText("Reconnecting", { exact: true }).waitFor();
    await movePayout(provider, payout.transactionId, "PROCESSING");
    await client.payoutReaching(payout.id, "PROCESSING");
    await emptyLog(database);
    line.mend();
    await page.getByRole("heading", { name: "PROCESSING" }).waitFor();
    expect(await page.getByRole("listitem").count()).toBe(0);
    await page.getByText("Live", { exact: true }).waitFor();
    await movePayout(provider, payout.transactionId, "SUCCESSFUL");
    await page.getByRole("heading", { name: "SUCCESSFUL" }).waitFor();
    expect(await page.getByRole("listitem").locator("strong").allInnerTexts()).toEqual(["SUCCESSFUL"]);
  });

  test("the React hook says that there is no such payout", async () => {
    const { client } = await startTestGateway();
    const page = await openPage(`${await serveExample("react-hook", client.url)}/?payout=nowhere`);
    expect(await page.getByRole("alert").innerText()).toBe("There is no such payout.");
  });

  test("the Apollo Client app names what is wrong, uploads a passport, and shows the customer verified", async () => {
    const { client, provider } = await startTestGateway();
    const page = await openPage(await serveExample("apollo-upload", client.url));
    const { name, type, bytes } = pngFile(3_000_000);
    await page.getByLabel("First name").fill("Ada");
    await page.getByLabel("E-mail address").fill("ada@example.com");
    await page.getByLabel("Passport number").fill("A01234567");
    await page
      .getByLabel("Passport", { exact: true })
      .setInputFiles({ name, mimeType: type, buffer: Buffer.from(bytes) });
    await page.getByRole("button", { name: "Send" }).click();
    expect(await page.getByRole("alert").innerText()).toBe("lastName is required.");
    await page.getByLabel("Last name").fill("Obi");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("Ada Obi is VERIFIED").waitFor();
    expect(provider.received("POST /customer")).toHaveLength(1);
    const { customers } = await client.run("{ customers { nodes { documents { fileName size status } } } }");
    expect(customers.nodes).toEqual([{ documents: [{ fileName: name, size: 3_000_000, status: "ATTACHED" }] }]);
  });

  test("a page of another origin can PUT a file to its pre-signed URL", async () => {
    const { client } = await startTestGateway();
    const { customer } = await client.createCustomer();
    const { requestDocumentUpload } = await client.run(
      `mutation ($input: RequestDocumentUploadInput!) {
        requestDocumentUpload(input: $input) { document { id } upload { method url headers { name value } } }
      }`,
      { input: { customerId: customer.id, category: "IDENTITY", fileName: "passport.png", contentType: "image/png" } },
    );
    const { document, upload } = requestDocumentUpload;
    const page = await openPage(await serveExample("react-hook", client.url), {
      otherHosts: [new URL(upload.url).host],
    });
    const status = await page.evaluate(
      async ({ method, url, headers, bytes }) => {
        const pairs = headers.map(({ name, value }: { name: string; value: string }): [string, string] => [
          name,
          value,
        ]);
        return (await fetch(url, { method, headers: pairs, body: new Uint8Array(bytes) })).status;
      },
      { ...upload, bytes: [...pngFile().bytes] },
    );
    expect(status).toBe(200);
    const { attachDocuments } = await client.run(
      `mutation ($input: AttachDocumentsInput!) {
        attachDocuments(input: $input) { customer { status } userErrors { message } }
      }`,
      { input: { customerId: customer.id, documentIds: [document.id] } },
    );
    expect(attachDocuments).toEqual({ customer: { status: "PROCESSING" }, userErrors: [] });
  });
});
