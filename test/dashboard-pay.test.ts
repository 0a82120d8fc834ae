import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { inBrowser, openPage } from "./support/browser.js";
import { startGatewayWithPage } from "./support/gateway-with-page.js";
import { choose, payoutForm, submitCustomer, submitDocuments } from "./support/guided-path.js";
import { pngFile, type TestFile, unique } from "./support/test-client.js";

inBrowser(() => {
  test("the guided path leads from a new customer to a SUCCESSFUL payout", async () => {
    const { client, provider } = await startGatewayWithPage({
      sandbox: { reviewDelayMs: 500, payoutStepDelayMs: 400 },
    });
    const page = await openPage(`${client.url}/pay`);
    await submitCustomer(page, { email: `${unique("ada")}@example.com` });
    await submitDocuments(page);
    await page.getByText("The provider is reviewing the documents.").waitFor();
    await payoutForm(page);
    await page.getByText("The account is Ada Obi's.").waitFor();
    await page.getByText("NGN 4,950.00").waitFor();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("heading", { name: "Is this right?" }).waitFor();
    await page.getByRole("button", { name: "Pay", exact: true }).click();
    await page.getByText("Paid. This is the provider's final word.").waitFor();
    expect(provider.received("POST /payout")).toHaveLength(1);
    const { payouts } = await client.run("{ payouts { nodes { status amount { amount currency } } } }");
    expect(payouts.nodes).toEqual([{ status: "SUCCESSFUL", amount: { amount: "5000.00", currency: "NGN" } }]);
  });

  test("a rejected identity is told with its reason, and sent again", async () => {
    const { client } = await startGatewayWithPage({ sandbox: { reviewDelayMs: 200 } });
    const page = await openPage(`${client.url}/pay`);
    await submitCustomer(page, { email: `ada+rejected-once.${unique("t")}@example.com` });
    await submitDocuments(page);
    await page.getByText("The provider refused the documents.").waitFor();
    await submitDocuments(page);
    await page.getByRole("heading", { name: "What goes where?" }).waitFor();
  });

  test("a failed payout is told as such, with the provider's reason", async () => {
    const { client } = await startGatewayWithPage({ sandbox: { payoutStepDelayMs: 200 } });
    const page = await atPayment(client.url, await client.verifiedCustomer());
    await payoutForm(page, { note: "test-failed" });
    await confirm(page);
    await page.getByRole("button", { name: "Pay", exact: true }).click();
    await page.getByText("Refused or returned; nothing was paid.").waitFor();
  });

  test("a reload in the middle goes on where it was, with what was filled in", async () => {
    const { client } = await startGatewayWithPage({ sandbox: { reviewDelayMs: 1_500 } });
    const page = await openPage(`${client.url}/pay`);
    await submitCustomer(page, { email: `${unique("ada")}@example.com` });
    await page.reload();
    await submitDocuments(page);
    await page.getByText("The provider is reviewing the documents.").waitFor();
    await page.reload();
    await payoutForm(page);
    await page.reload();
    expect(await page.getByLabel("Amount", { exact: true }).inputValue()).toBe("5000.00");
    await confirm(page);
    await page.reload();
    await page.getByRole("heading", { name: "Is this right?" }).waitFor();
    const { customers } = await client.run("{ customers { totalCount } }");
    expect(customers.totalCount).toBe(1);
  });

  test("a double click on Pay pays once", async () => {
    const { client, provider } = await startGatewayWithPage();
    const page = await atPayment(client.url, await client.verifiedCustomer());
    await payoutForm(page);
    await confirm(page);
    await page.getByRole("button", { name: "Pay", exact: true }).dblclick();
    await page.getByText("Paid. This is the provider's final word.").waitFor();
    expect(provider.received("POST /payout")).toHaveLength(1);
    const { payouts } = await client.run("{ payouts { totalCount } }");
    expect(payouts.totalCount).toBe(1);
  });

  test("a payment whose answer never came is asked for again under its key after a reload, and paid once", async () => {
    const { client, provider } = await startGatewayWithPage();
    const page = await atPayment(client.url, await client.verifiedCustomer());
    await payoutForm(page);
    await confirm(page);
    // The gateway takes the call, and the page is gone before it hears so.
    const sent = page.waitForRequest((request) => request.postData()?.includes("createPayout") ?? false);
    await page.getByRole("button", { name: "Pay", exact: true }).click();
    await sent;
    await page.reload();
    const askAgain = page.getByRole("button", { name: "Ask again" });
    const result = page.getByText("Paid. This is the provider's final word.");
    await askAgain.or(result).first().waitFor();
    if (await askAgain.isVisible()) await askAgain.click();
    await result.waitFor();
    expect(provider.received("POST /payout")).toHaveLength(1);
  });

  test("a file is dropped into the page and sent; one of another kind is refused before it is sent", async () => {
    const { client } = await startGatewayWithPage();
    const { customer } = await client.createCustomer();
    const page = await openPage(`${client.url}/pay?customer=${customer.id}`);
    await page.getByText("Drop a file here, or").waitFor();
    await dropFile(page, { name: "notes.txt", type: "text/plain", bytes: new TextEncoder().encode("hello") });
    await page.getByText("Only JPEG, PNG and PDF are taken.").waitFor();
    await dropFile(page, pngFile(400_000, "dropped.png"));
    await page.getByText("dropped.png, 400 kB").waitFor();
    const { customer: read } = await client.run(
      "query ($id: ID!) { customer(id: $id) { documents { category status size } } }",
      { id: customer.id },
    );
    expect(read.documents).toEqual([{ category: "IDENTITY", status: "UPLOADED", size: 400_000 }]);
  });

  test("what is wrong with a destination is told while it is typed", async () => {
    const { client } = await startGatewayWithPage();
    const page = await atPayment(client.url, await client.verifiedCustomer());
    await choose(page, "To", /SEPA/);
    await page.getByLabel("IBAN").fill("DE89370400440532013001");
    await page.getByLabel("IBAN").blur();
    await page.getByText("The IBAN's length or checksum is not right.").waitFor();
    await page.getByLabel("IBAN").fill("DE89370400440532013000");
    await page.getByText("The IBAN's length or checksum is not right.").waitFor({ state: "detached" });
  });
});

/** As from a folder on the desktop: the browser itself reads the file. */
async function dropFile(page: Page, { name, bytes }: TestFile): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "dropped-"));
  try {
    await writeFile(join(folder, name), bytes);
    const box = await page.locator(".drop").boundingBox();
    if (!box) throw new Error("There is nowhere to drop a file.");
    const debuggerOf = await page.context().newCDPSession(page);
    const place = { x: box.x + box.width / 2, y: box.y + 10 };
    const data = { items: [], files: [join(folder, name)], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"] as const) {
      await debuggerOf.send("Input.dispatchDragEvent", { type, ...place, data });
    }
    await page.getByText(name).first().waitFor();
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function atPayment(url: string, { id }: { id: string }): Promise<Page> {
  const page = await openPage(`${url}/pay?customer=${id}`);
  await page.getByRole("heading", { name: "What goes where?" }).waitFor();
  return page;
}

async function confirm(page: Page): Promise<void> {
  await page.getByText("NGN 4,950.00").waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "Is this right?" }).waitFor();
}
