import type { Page, WebSocketRoute } from "playwright-core";
import { inBrowser, openPage } from "./support/browser.js";
import { eventually } from "./support/eventually.js";
import { startGatewayWithPage } from "./support/gateway-with-page.js";

// What a gateway with authentication does on a socket: no or a wrong credential in connection_init closes it with 4403.
class GuardedSocket {
  readonly pings: string[] = [];
  #accepted: string;
  #open: WebSocketRoute[] = [];

  constructor(accepted: string) {
    this.#accepted = accepted;
  }

  async guard(page: Page): Promise<void> {
    await page.routeWebSocket(/\/graphql$/, (socket) => {
      const server = socket.connectToServer();
      this.#open.push(socket);
      socket.onMessage((text) => {
        const { type, payload } = JSON.parse(String(text)) as { type: string; payload?: { authorization?: string } };
        if (type === "connection_init" && payload?.authorization !== `Bearer ${this.#accepted}`) {
          void socket.close({ code: 4403, reason: payload?.authorization ? "The token is not valid." : "Forbidden" });
          return;
        }
        if (type === "ping" && payload?.authorization) this.pings.push(payload.authorization);
        server.send(text);
      });
    });
  }

  async expire(accepted: string): Promise<void> {
    this.#accepted = accepted;
    for (const socket of this.#open.splice(0)) await socket.close({ code: 4403, reason: "The token has expired." });
  }
}

const start = Math.floor(Date.now() / 1000);

/** As much of a JWT as a browser reads of one. */
function token(seconds: number): string {
  return `h.${Buffer.from(JSON.stringify({ exp: start + seconds })).toString("base64url")}.s`;
}

inBrowser(() => {
  test("without a credential the page asks for one, keeps it in the tab alone, and goes on", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const { payout } = await client.createPayout({ customerId: id });
    const guarded = new GuardedSocket("good");
    const page = await openPage(`${client.url}/payouts/${payout.id}`, { prepare: (made) => guarded.guard(made) });
    const field = page.getByLabel("Bearer token or API key");
    await field.fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("The token is not valid.").waitFor();
    await field.fill("Bearer good");
    const asked = page.waitForRequest((request) => request.postData()?.includes("query Payout") ?? false);
    await page.getByRole("button", { name: "Sign in" }).click();
    expect((await asked).headers().authorization).toBe("Bearer good");
    await page.getByRole("heading", { name: "NGN 5,000.00" }).waitFor();
    expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, ""]);
    await page.getByRole("button", { name: "Session" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await field.waitFor();
    expect(await page.evaluate(() => sessionStorage.getItem("payout-gateway.credential"))).toBeNull();
  });

  test("a new token goes to the open connection, which is not interrupted", async () => {
    const { client } = await startGatewayWithPage();
    const guarded = new GuardedSocket(token(60));
    const page = await openPage(client.url, { prepare: (made) => guarded.guard(made) });
    await page.getByLabel("Bearer token or API key").fill(token(60));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: /^Session ends in/ }).click();
    await page.getByLabel("New token or API key").fill(token(3_600));
    await page.getByRole("button", { name: "Replace" }).click();
    await eventually(async () => guarded.pings.length > 0);
    expect(guarded.pings).toEqual([`Bearer ${token(3_600)}`]);
    await page.getByRole("button", { name: "Session", exact: true }).waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("an expired token asks to sign in again, and the page goes on where it was with nothing missing", async () => {
    const { client } = await startGatewayWithPage();
    const { id } = await client.verifiedCustomer();
    const guarded = new GuardedSocket("first");
    const page = await openPage(`${client.url}/payouts?search=obi`, { prepare: (made) => guarded.guard(made) });
    await page.getByLabel("Bearer token or API key").fill("first");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await guarded.expire("second");
    await page.getByText("The token has expired.").waitFor();
    const { payout } = await client.createPayout({ customerId: id });
    await client.payoutReaching(payout.id, "SUCCESSFUL");
    await page.getByLabel("Bearer token or API key").fill("second");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.locator(`[data-id="${payout.id}"]`).getByText("Successful").waitFor();
    expect(new URL(page.url()).search).toBe("?search=obi");
  });
});
