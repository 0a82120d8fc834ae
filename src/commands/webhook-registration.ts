// Where the provider sends its webhooks, and the secret that it signs them with. It tells the secret only in the answer
// to a registration.

import { type WebhookRegistration, WebhooksDataSource } from "../datasources/webhooks.datasource.js";
import { payoutsByIds } from "../store/payout.queries.js";
import { everything } from "../store/visibility.js";
import { type Answer, Refused } from "./answer.js";
import { SecretFile } from "./secret-file.js";
import { type ProviderCommand, withProvider } from "./with-provider.js";

export interface RegisterOptions {
  secretFile?: string;
  /** Only of a registration. */
  move?: boolean;
}

const needs = { isSigningSecretNeeded: false };
const retriesLastHours = 42;

export function register({ secretFile, move = false }: RegisterOptions): Promise<Answer> {
  return withProvider(async (parts) => {
    const { record, webhooks, url, current } = await open(parts);
    if (current === null) return registerAnew(parts, "registerWebhooks", secretFile);
    const json = { url, registrationId: current.id };
    if (isSentTo(current, url)) {
      const text = `The provider sends to ${url} already. Where its secret is lost, webhooks rotate makes a new one.`;
      return { text, json: { ...json, isChanged: false } };
    }
    const elsewhere = addressesOf(current).join(" and ");
    if (!move) throw new Refused(`The provider sends to ${elsewhere}. With --move it sends to ${url} instead.`);
    const { id } = current;
    if (id === null) {
      throw new Refused("The provider does not tell the registration's id: webhooks rotate registers anew.");
    }
    await record(
      { action: "moveWebhooks", object: { type: "webhookRegistration", id } },
      () => webhooks.update(id, { payoutUrl: url, collectionUrl: url }),
      () => ({ outcome: "DONE" }),
    );
    return { text: `The provider sends to ${url} now. The secret is as it was.`, json: { ...json, isChanged: true } };
  }, needs);
}

export function show(): Promise<Answer> {
  return withProvider(async (parts) => {
    const { url, current } = await open(parts);
    const secrets = parts.config.webhookSecrets.length;
    const json = { url, isRegistered: current !== null && isSentTo(current, url), registration: current, secrets };
    if (current === null) {
      const text = "The provider sends webhooks nowhere: webhooks register has it send them here.";
      return { text, json, isFault: true };
    }
    const lines = [
      `payouts        ${current.payoutUrl ?? "-"}`,
      `all else       ${current.collectionUrl ?? "-"}`,
      `this gateway   ${url}`,
      `secrets held   ${secrets}`,
    ];
    return { text: lines.join("\n"), json, isFault: !json.isRegistered };
  }, needs);
}

export function rotate({ secretFile }: RegisterOptions): Promise<Answer> {
  return withProvider(async (parts) => {
    const { url, current } = await open(parts);
    if (current !== null && !isSentTo(current, url)) {
      const elsewhere = addressesOf(current).join(" and ");
      throw new Refused(`The provider sends to ${elsewhere}, which would lose its webhooks: webhooks register --move.`);
    }
    return registerAnew(parts, "rotateWebhookSecret", secretFile);
  }, needs);
}

export function replay(id: string): Promise<Answer> {
  return withProvider(async ({ database, record, provider }) => {
    const [payout] = await payoutsByIds(database.db, [id], everything);
    if (payout && payout.transaction_id === null) throw new Refused("The provider has not confirmed this payout.");
    const transactionId = payout?.transaction_id ?? id;
    await record(
      { action: "replayWebhook", object: { type: "transaction", id: transactionId } },
      () => new WebhooksDataSource(provider).replay(transactionId),
      () => ({ outcome: "DONE" }),
    );
    return { text: "The provider sends it once more.", json: { transactionId } };
  }, needs);
}

async function open({ config, record, provider }: ProviderCommand) {
  const webhooks = new WebhooksDataSource(provider);
  return { record, webhooks, url: `${config.publicUrl}/webhooks`, current: await webhooks.get() };
}

/** Whether everything goes there. */
export function isSentTo(registration: WebhookRegistration, url: string): boolean {
  return addressesOf(registration).every((address) => address === url);
}

export function addressesOf({ payoutUrl, collectionUrl }: WebhookRegistration): string[] {
  return [...new Set([payoutUrl ?? "nowhere", collectionUrl ?? "nowhere"])];
}

async function registerAnew(
  { config, record, provider }: ProviderCommand,
  action: string,
  secretFile = config.webhookSecretFile ?? undefined,
): Promise<Answer> {
  const url = `${config.publicUrl}/webhooks`;
  const file = secretFile === undefined ? null : new SecretFile(secretFile);
  let isKept = false;
  try {
    const { signingSecret } = await record(
      { action, object: { type: "webhookRegistration", id: url } },
      () => new WebhooksDataSource(provider).register({ payoutUrl: url, collectionUrl: url }),
      () => ({ outcome: "DONE" }),
    );
    const done = `The provider sends to ${url}.`;
    if (signingSecret === null) {
      return { text: `${done} It showed no secret: look for it in its dashboard.`, json: { url, secret: null } };
    }
    if (file) {
      file.keep(signingSecret);
      isKept = true;
      const text = `${done} The signing secret is in ${secretFile}. ${advice(config.webhookSecrets.length)}`;
      return { text, json: { url, secretFile } };
    }
    const former = config.webhookSecrets.slice(0, 1);
    const setting = `WEBHOOK_SIGNING_SECRET=${[signingSecret, ...former.map(() => "THE FORMER ONE")].join(",")}`;
    const text = `${setting}\n\n${done} This is the only time that the secret is shown. ${advice(former.length)}`;
    return { text, json: { url, signingSecret } };
  } finally {
    if (!isKept) file?.discard();
  }
}

function advice(formerSecrets: number): string {
  if (formerSecrets === 0) return "Start the gateway with it.";
  return `Restart every node with it now; what is refused meanwhile is sent again. The former one can go after ${retriesLastHours} hours, when nothing signed with it is tried again.`;
}
