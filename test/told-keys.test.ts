// A payout that somebody was told of stays the key's, also where its first sending never left the gateway.

import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { unique } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";

afterEach(stopAll);

const calm = (provider: { url: string }) => fetch(`${provider.url}/_sandbox/faults`, { method: "DELETE" });

forEachDatabase(
  (_name, _open, newUrl) => {
    async function startNodes() {
      const { sandbox: provider } = await startSandboxClient({ payoutStepDelayMs: 60_000, reviewDelayMs: 50 });
      const config = { databaseUrl: await newUrl(), ...knowing(provider) };
      const first = await startTestGateway({ config });
      provider.setWebhookUrl(`${first.gateway.url}/webhooks`);
      const { id: customerId } = await first.client.verifiedCustomer();
      // These have no access token yet, and get none: nothing of a payout is sent.
      const impatient = await startTestGateway({ config, patience: { answerWithinMs: 150 } });
      const patient = await startTestGateway({
        config: { ...config, providerTimeoutMs: 800 },
        patience: { answerWithinMs: 2_000 },
      });
      // The second caller comes while the first one's attempt hangs.
      provider.failNext({ route: "POST /oauth/token", kind: "hang", when: "before" });
      provider.failNext({ route: "POST /oauth/token", kind: "answer", status: 503, times: 1_000 });
      return { provider, impatient, patient, input: { customerId, idempotencyKey: unique("k") } };
    }

    test("a key whose payout a second caller was told of keeps it when nothing was sent", async () => {
      const { provider, impatient, patient, input } = await startNodes();
      const first = patient.client.createPayout(input);
      await eventually(async () => provider.received("POST /oauth/token").length === 2);
      const second = await impatient.client.createPayout(input);
      expect(second).toMatchObject({ payout: { status: "SUBMITTING" }, replayed: true });
      expect((await first).payout).toMatchObject({ id: second.payout.id, status: "SUBMITTING" });

      await calm(provider);
      await patient.client.payoutReaching(second.payout.id, "PENDING");
      expect((await impatient.client.createPayout(input)).payout.id).toBe(second.payout.id);
      expect(provider.transactions()).toHaveLength(1);
    });

    test("a key that nobody else was told of is free again when nothing was sent", async () => {
      const { provider, patient, input } = await startNodes();
      await expect(patient.client.createPayout(input)).rejects.toThrow("PROVIDER_UNAVAILABLE");
      await calm(provider);
      expect(await patient.client.createPayout(input)).toMatchObject({
        payout: { status: "PENDING" },
        replayed: false,
      });
      expect(provider.transactions()).toHaveLength(1);
    });

    test("a caller that waits while others free its key and use it again is given the payout that they got", async () => {
      const { provider, impatient, patient, input } = await startNodes();
      await calm(provider);
      provider.failNext({ route: "POST /oauth/token", kind: "answer", status: 503, times: 2 });
      provider.failNext({ route: "POST /oauth/token", kind: "hang", when: "before", times: 1_000 });
      const asked = provider.received("POST /oauth/token").length;
      const first = patient.client.createPayout(input);
      await eventually(async () => provider.received("POST /oauth/token").length > asked);
      await expect(impatient.client.createPayout(input)).rejects.toThrow("PROVIDER_UNAVAILABLE");
      const third = await impatient.client.createPayout(input);
      expect((await first).payout).toMatchObject({ id: third.payout.id, status: "SUBMITTING" });
      expect((await patient.client.createPayout(input)).payout.id).toBe(third.payout.id);
    });
  },
  ["PostgreSQL"],
);
