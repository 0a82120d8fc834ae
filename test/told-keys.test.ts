// A payout that somebody was told of stays the key's, also where its first sending never left the gateway.

import { eventually } from "./support/eventually.js";
import { knowing } from "./support/provider-and-nodes.js";
import { startSandboxClient, stopAll } from "./support/sandbox-client.js";
import { startTestGateway } from "./support/start-test-gateway.js";
import { unique } from "./support/test-client.js";
import { forEachDatabase } from "./support/test-databases.js";

afterEach(stopAll);

forEachDatabase(
  (_name, _open, newUrl) => {
    async function startNodes() {
      const { sandbox: provider } = await startSandboxClient({ payoutStepDelayMs: 60_000, reviewDelayMs: 50 });
      const config = { databaseUrl: await newUrl(), ...knowing(provider) };
      const impatient = await startTestGateway({ config, patience: { answerWithinMs: 150 } });
      provider.setWebhookUrl(`${impatient.gateway.url}/webhooks`);
      const { id: customerId } = await impatient.client.verifiedCustomer();
      // It has no access token yet, and does not get one in time: nothing of its payout is sent.
      const patient = await startTestGateway({
        config: { ...config, providerTimeoutMs: 1_500 },
        patience: { answerWithinMs: 10_000 },
      });
      provider.failNext({ route: "POST /oauth/token", kind: "hang", when: "before" });
      return { provider, impatient, patient, input: { customerId, idempotencyKey: unique("k") } };
    }

    test("a key whose payout a second caller was told of keeps it when nothing was sent", async () => {
      const { provider, impatient, patient, input } = await startNodes();
      const first = patient.client.createPayout(input);
      await eventually(async () => provider.received("POST /oauth/token").length === 2);
      const second = await impatient.client.createPayout(input);
      expect(second).toMatchObject({ payout: { status: "SUBMITTING" }, replayed: true });
      expect((await first).payout).toMatchObject({ id: second.payout.id, status: "SUBMITTING" });

      await patient.client.payoutReaching(second.payout.id, "PENDING");
      expect((await impatient.client.createPayout(input)).payout.id).toBe(second.payout.id);
      expect(provider.transactions()).toHaveLength(1);
    });

    test("a key that nobody else was told of is free again when nothing was sent", async () => {
      const { provider, patient, input } = await startNodes();
      await expect(patient.client.createPayout(input)).rejects.toThrow("PROVIDER_UNAVAILABLE");
      expect(await patient.client.createPayout(input)).toMatchObject({
        payout: { status: "PENDING" },
        replayed: false,
      });
      expect(provider.transactions()).toHaveLength(1);
    });
  },
  ["PostgreSQL"],
);
