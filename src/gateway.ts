// The wiring, top to bottom. Tests start the same function in-process.

import "reflect-metadata";
import type { AddressInfo } from "node:net";
import type { Config, ProviderCredentials } from "./config.js";
import { BanksDataSource } from "./datasources/banks.datasource.js";
import { CurrenciesDataSource } from "./datasources/currencies.datasource.js";
import { CustomersDataSource } from "./datasources/customers.datasource.js";
import { DocumentsDataSource } from "./datasources/documents.datasource.js";
import { FeesDataSource } from "./datasources/fees.datasource.js";
import { PayoutsDataSource } from "./datasources/payouts.datasource.js";
import { ProviderClient } from "./datasources/provider-client.js";
import { ObjectStorage } from "./datasources/storage.js";
import { TransactionsDataSource } from "./datasources/transactions.datasource.js";
import { WalletsDataSource } from "./datasources/wallets.datasource.js";
import { contextFactory } from "./http/create-context.js";
import { createServer } from "./http/server.js";
import { startSpoolDirectory } from "./http/uploads/spool-directory.js";
import { CustomerJournal } from "./journal/create-customer.js";
import { PayoutJournal } from "./journal/create-payout.js";
import { DocumentJournal } from "./journal/documents.js";
import { Journal } from "./journal/journal.js";
import { PayoutSender } from "./journal/send-payout.js";
import { Adopter } from "./mirror/adopt.js";
import { ChangeDoor } from "./mirror/apply-change.js";
import { Mirror } from "./mirror/mirror.js";
import { ReferenceData } from "./mirror/reference-data.js";
import { InProcessWakeUps } from "./mirror/wake-ups.js";
import { buildGatewaySchema } from "./resolvers/build-schema.js";
import { type Sandbox, type SandboxOptions, startSandbox } from "./sandbox/sandbox.js";
import { openDatabase } from "./store/database.js";
import type { Logger } from "./telemetry/logger.js";
import { Metrics } from "./telemetry/metrics.js";
import { InboxWorker } from "./webhooks/inbox-worker.js";
import { WebhookReceiver } from "./webhooks/receive-webhook.js";

export interface Gateway {
  url: string;
  /** Null where a real provider is configured. */
  sandbox: Sandbox | null;
  metrics: Metrics;
  stop(): Promise<void>;
}

export interface GatewayOptions {
  logger: Logger;
  /** Beyond what the environment can say of the sandbox. */
  sandbox?: Partial<SandboxOptions>;
}

// A pre-signed PUT of the largest file over a slow line.
const storageTimeoutMs = 120_000;
const maxFilesOfUpload = 20;
const maxFieldBytes = 100_000;
const multipartDeadlineMs = 300_000;

export async function startGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  const { logger } = options;
  // What was started is stopped again in the opposite order, also when a later start fails.
  const stops: (() => unknown)[] = [];
  const stop = async () => {
    for (const stopPart of stops.splice(0).reverse()) await stopPart();
  };
  try {
    const metrics = new Metrics();
    const database = await openDatabase(config.databaseUrl);
    stops.push(() => database.close());

    const sandbox = config.provider ? null : await startSandbox({ ...config.sandbox, ...options.sandbox });
    if (sandbox) stops.push(() => sandbox.stop());
    const providerUrl = config.provider?.url ?? (sandbox as Sandbox).url;
    const provider = new ProviderClient({
      baseUrl: providerUrl,
      credentials: {
        ...(config.provider?.credentials ?? credentialsOf(sandbox as Sandbox)),
        scope: config.providerScope,
      },
      timeoutMs: config.providerTimeoutMs,
      logger,
      userAgent: "payout-gateway",
      onUnknownWord: () => metrics.unknownStatusWords.inc(),
    });
    stops.push(() => provider.close());
    const customers = new CustomersDataSource(provider);
    const transactions = new TransactionsDataSource(provider);
    const storage = new ObjectStorage({
      allowedHosts: config.storageHosts,
      isLoopbackProvider: isLoopback(providerUrl),
    });

    const wakeUps = new InProcessWakeUps();
    const door = new ChangeDoor({ database, wakeUps, metrics, logger });
    const adopter = new Adopter(database, door, {
      customer: (id) => customers.get(id),
      transaction: (key) => transactions.get(key),
    });
    const mirror = await Mirror.open(database, wakeUps, adopter);
    const referenceData = new ReferenceData({
      wallets: new WalletsDataSource(provider),
      currencies: new CurrenciesDataSource(provider),
      banks: new BanksDataSource(provider),
      fees: new FeesDataSource(provider),
    });

    const leaseMs = config.providerTimeoutMs * 2;
    const payouts = new PayoutsDataSource(provider, (code) => referenceData.currencyId(code));
    const sender = new PayoutSender({ database, door, payouts, leaseMs, logger });
    const journal = new Journal({
      mirror,
      customers: new CustomerJournal({ database, door, customers, leaseMs }),
      updates: { door, customers },
      documents: new DocumentJournal({
        door,
        customers,
        documents: new DocumentsDataSource(provider),
        storage,
        storageTimeoutMs,
      }),
      payouts: new PayoutJournal({ database, door, mirror, sender }),
      uploadMaxBytes: config.uploadMaxBytes,
    });

    const inbox = new InboxWorker({ database, door, adopter, metrics, logger });
    stops.push(() => inbox.stop());
    const receiver = new WebhookReceiver({
      database,
      secrets: sandbox ? [sandbox.signingSecret] : config.webhookSecrets,
      toleranceSeconds: config.webhookToleranceSeconds,
      metrics,
      logger,
      onStored: () => inbox.wake(),
    });

    const spool = await startSpoolDirectory();
    stops.push(() => spool.stop());
    const server = await createServer({
      schema: await buildGatewaySchema(),
      createContext: contextFactory({ mirror, journal, referenceData }),
      hasIntrospection: config.hasIntrospection,
      hasExplorer: config.hasIntrospection,
      uploadLimits: {
        maxFileBytes: config.uploadMaxBytes,
        maxFiles: maxFilesOfUpload,
        maxTotalBytes: config.uploadMaxBytes * maxFilesOfUpload,
        maxFieldBytes,
        deadlineMs: multipartDeadlineMs,
        directory: spool.path,
      },
      receiver,
      metrics,
      checkReadiness: async () => {
        const isReadable = await mirror.statusCursor().then(
          () => true,
          () => false,
        );
        return isReadable ? null : "The database cannot be read.";
      },
      logger,
    });
    stops.push(() => server.close());
    await server.listen({ host: config.host, port: config.port });
    const { port } = server.server.address() as AddressInfo;
    const url = `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`;
    // With PORT=0 the address is known only now.
    if (config.port === 0) sandbox?.setWebhookUrl(`${url}/webhooks`);
    // What an earlier process has received and not applied.
    inbox.wake();
    return { url, sandbox, metrics, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function credentialsOf({ clientId, clientSecret }: Sandbox): ProviderCredentials {
  return { clientId, clientSecret };
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127\./.test(hostname);
}
