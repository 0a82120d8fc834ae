// The guided path as somebody walks it: by labels and names, with real files.

import type { Page } from "playwright-core";
import { pngFile } from "./test-client.js";

export async function submitCustomer(page: Page, { email }: { email: string }): Promise<void> {
  await page.getByLabel("First name").fill("Ada");
  await page.getByLabel("Last name").fill("Obi");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Document number").fill("A01234567");
  await page.getByRole("button", { name: "Create the customer" }).click();
  await page.getByRole("heading", { name: "Documents of Ada Obi" }).waitFor();
}

export async function submitDocuments(page: Page, size = 0): Promise<void> {
  const { name, type, bytes } = pngFile(size);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Choose a file" }).click();
  await (await chooser).setFiles({ name, mimeType: type, buffer: Buffer.from(bytes) });
  await page.getByText("Uploaded", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "Send for review" }).click();
}

/** Fills in a payout of 5000.00 NGN to Ada Obi's account. */
export async function payoutForm(page: Page, { note = "" } = {}): Promise<void> {
  await page.getByRole("heading", { name: "What goes where?" }).waitFor();
  await choose(page, "From the wallet", /NGN/);
  await page.getByLabel("Amount", { exact: true }).fill("5000.00");
  await choose(page, "Bank", /Access Bank/);
  await page.getByLabel("Account number").fill("0222500691");
  if (note) await page.getByLabel("Note (optional)").fill(note);
}

export async function choose(page: Page, label: string, option: RegExp): Promise<void> {
  await page.getByRole("button", { name: new RegExp(`${label}$`) }).click();
  await page.getByRole("option", { name: option }).click();
}
