import { inBrowser, openPage } from "./support/browser.js";
import { type KeyedGateway, startKeyedGateway } from "./support/credentials.js";
import { dashboardBuild } from "./support/dashboard-build.js";
import { startTokenIssuer, type TokenIssuer } from "./support/token-issuer.js";

const partner = {
  tenant: "a",
  scope: "customers:read customers:write documents:write payouts:read payouts:write wallets:read pii:read",
};
const seconds = () => Math.floor(Date.now() / 1000);

async function start(): Promise<{ gateway: KeyedGateway; issuer: TokenIssuer; url: string }> {
  const issuer = await startTokenIssuer();
  const gateway = await startKeyedGateway({ issuer, dashboardFolder: await dashboardBuild() });
  return { gateway, issuer, url: gateway.gateway.url };
}

inBrowser(() => {
  test("without a credential the page asks for one, keeps it in the tab alone, and goes on", async () => {
    const { gateway, url } = await start();
    const client = await gateway.clientOf("a");
    const { id } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId: id });
    const page = await openPage(`${url}/payouts/${payout.id}`);
    const field = page.getByLabel("Bearer token or API key");
    await field.fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The token is not valid.").waitFor();
    await field.fill(`Bearer ${client.key}`);
    const asked = page.waitForRequest((request) => request.postData()?.includes("query Payout") ?? false);
    await page.getByRole("button", { name: "Sign in" }).click();
    expect((await asked).headers().authorization).toBe(`Bearer ${client.key}`);
    await page.getByRole("heading", { name: "NGN 5,000.00" }).waitFor();
    expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, ""]);
    await page.getByRole("button", { name: "Session" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await field.waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem("payout-gateway.credential"))).toBeNull();
  });

  test("a partner sees its own payouts in the page, and nobody else's", async () => {
    const { gateway, url } = await start();
    const [a, b] = [await gateway.clientOf("a"), await gateway.clientOf("b")];
    const make = async (client: typeof a) => {
      const { id } = await client.verifiedCustomer();
      return (await client.createPayout({ customerId: id })).payout.id as string;
    };
    const [own, other] = [await make(a), await make(b)];
    const page = await openPage(`${url}/payouts`);
    await page.getByLabel("Bearer token or API key").fill(a.key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(`[data-id="${own}"]`).getByText("Successful").waitFor();
    expect(await page.locator(`[data-id="${other}"]`).count()).toBe(0);
  });

  test("a credential that may not see all that the page shows is told which scope it lacks", async () => {
    const { gateway, url } = await start();
    const half = await gateway.clientOf("a", ["payouts:read"]);
    const page = await openPage(`${url}/payouts`);
    await page.getByLabel("Bearer token or API key").fill(half.key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("needs the scope customers:read").first().waitFor();
    await page.getByLabel("Bearer token or API key").fill((await gateway.clientOf("a")).key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("a new token goes to the open connection, which goes on beyond the end of the old one", async () => {
    const { gateway, issuer, url } = await start();
    const client = await gateway.clientOf("a");
    const { id } = await client.verifiedCustomer();
    const exp = seconds() + 15;
    const page = await openPage(`${url}/payouts`);
    await page.getByLabel("Bearer token or API key").fill(await issuer.token({ ...partner, exp }));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: /^Session ends in/ }).click();
    await page.getByLabel("New token or API key").fill(await issuer.token({ ...partner, exp: exp + 3_600 }));
    await page.getByRole("button", { name: "Replace" }).click();
    await page.getByRole("button", { name: "Session", exact: true }).waitFor();
    await new Promise((resolve) => setTimeout(resolve, exp * 1000 + 500 - Date.now()));
    const { payout } = await client.createPayout({ customerId: id });
    await page.locator(`[data-id="${payout.id}"]`).getByText("Successful").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("an expired token asks to sign in again, and the page goes on where it was with nothing missing", async () => {
    const { gateway, issuer, url } = await start();
    const client = await gateway.clientOf("a");
    const { id } = await client.verifiedCustomer();
    const page = await openPage(`${url}/payouts?search=obi`);
    await page.getByLabel("Bearer token or API key").fill(await issuer.token({ ...partner, exp: seconds() + 8 }));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByText("The credential has expired").waitFor();
    const { payout } = await client.createPayout({ customerId: id });
    await client.payoutReaching(payout.id, "SUCCESSFUL");
    await page.getByLabel("Bearer token or API key").fill(await issuer.token(partner));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(`[data-id="${payout.id}"]`).getByText("Successful").waitFor();
    expect(new URL(page.url()).search).toBe("?search=obi");
  });
});
