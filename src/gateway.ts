// The wiring, top to bottom. Tests start the same function in-process.

import "reflect-metadata";
import type { AddressInfo } from "node:net";
import { ApiKeys } from "./access/api-keys.js";
import { AuditTrail } from "./access/audit-trail.js";
import { Authenticator } from "./access/authenticator.js";
import { Refusals } from "./access/refusals.js";
import { TokenVerifier } from "./access/token-verifier.js";
import { type Config, inUrl, type ProviderCredentials } from "./config.js";
import { BanksDataSource } from "./datasources/banks.datasource.js";
import { ClockSkew } from "./datasources/clock-skew.js";
import { CurrenciesDataSource } from "./datasources/currencies.datasource.js";
import { CustomersDataSource } from "./datasources/customers.datasource.js";
import { DocumentsDataSource } from "./datasources/documents.datasource.js";
import { FeesDataSource } from "./datasources/fees.datasource.js";
import { PayoutsDataSource } from "./datasources/payouts.datasource.js";
import { ProviderClient } from "./datasources/provider-client.js";
import { ObjectStorage } from "./datasources/storage.js";
import { TransactionsDataSource } from "./datasources/transactions.datasource.js";
import { WalletsDataSource } from "./datasources/wallets.datasource.js";
import { WebhooksDataSource } from "./datasources/webhooks.datasource.js";
import { GracefulStop } from "./graceful-stop.js";
import { Admission } from "./http/admission/admission.js";
import { TrustedDocuments } from "./http/admission/trusted-documents.js";
import { CallerLimits } from "./http/caller-limits.js";
import { readinessCheck } from "./http/check-readiness.js";
import { contextFactory } from "./http/create-context.js";
import { CredentialGuard } from "./http/credential-guard.js";
import { serveMetrics } from "./http/metrics-server.js";
import { createServer } from "./http/server.js";
import { Sessions } from "./http/sessions.js";
import { startSpoolDirectory } from "./http/uploads/spool-directory.js";
import { PayoutConfirmer } from "./journal/confirm-payout.js";
import { CustomerJournal } from "./journal/create-customer.js";
import { PayoutJournal } from "./journal/create-payout.js";
import { startCustomerWorker } from "./journal/customer-worker.js";
import { DocumentJournal } from "./journal/documents.js";
import { type IntentWorkers, startIntentWorkers } from "./journal/intent-workers.js";
import { Journal } from "./journal/journal.js";
import { PayoutReferences } from "./journal/payout-reference.js";
import { PayoutTransitions } from "./journal/payout-transitions.js";
import { ReferenceLookUps } from "./journal/reference-look-ups.js";
import { PayoutSender } from "./journal/send-payout.js";
import { Adopter } from "./mirror/adopt.js";
import { ChangeDoor } from "./mirror/apply-change.js";
import { FreshAnswers } from "./mirror/fresh-answers.js";
import { AccountImport } from "./mirror/import-account.js";
import { Mirror } from "./mirror/mirror.js";
import { watchOperatorGauges } from "./mirror/operator-gauges.js";
import { readOperatorStatus } from "./mirror/operator-status.js";
import { Reconciler } from "./mirror/reconcile.js";
import { RedisWakeUps } from "./mirror/redis-wake-ups.js";
import { ReferenceData } from "./mirror/reference-data.js";
import { InProcessWakeUps } from "./mirror/wake-ups.js";
import { accountOf, createBudget, isLoopback, openRedis } from "./provider-account.js";
import { traceProviderRequest } from "./provider-tracer.js";
import { buildGatewaySchema } from "./resolvers/build-schema.js";
import { startRetention } from "./retention/start-retention.js";
import { type Sandbox, type SandboxOptions, startSandbox } from "./sandbox/sandbox.js";
import { openDatabase } from "./store/database.js";
import { logHead } from "./store/status-log.queries.js";
import { armCrashPoint } from "./telemetry/crash-point.js";
import type { Logger } from "./telemetry/logger.js";
import { Metrics } from "./telemetry/metrics.js";
import { startTracing } from "./telemetry/start-tracing.js";
import { productVersion } from "./version.js";
import { InboxWorker } from "./webhooks/inbox-worker.js";
import { ParkedEvents } from "./webhooks/parked-events.js";
import { WebhookReceiver } from "./webhooks/receive-webhook.js";
import { startReconciliation } from "./webhooks/start-reconciliation.js";
import { EventStore } from "./webhooks/store-events.js";

export interface Gateway {
  url: string;
  /** Where `/metrics` is. */
  metricsUrl: string;
  /** Null where a real provider is configured. */
  sandbox: Sandbox | null;
  metrics: Metrics;
  asksForCredentials: boolean;
  stop(): Promise<void>;
}

export interface GatewayOptions {
  logger: Logger;
  /** Beyond what the environment can say of the sandbox. */
  sandbox?: Partial<SandboxOptions>;
  /** Where the page was built to. Without it none is served. */
  dashboardFolder?: string;
  /** Shorter waits, for tests. */
  patience?: Partial<typeof patience>;
  /** Ends the process: what it believes to be on disk may not be there. */
  abort?: () => void;
}

// Proxies notice within it that nobody listens any more.
const longestLingerMs = 500;
// A pre-signed PUT of the largest file over a slow line.
const storageTimeoutMs = 120_000;
const patience = {
  /** How far apart two look-ups must be to prove that the provider does not have what was sent. */
  absenceGapMs: 5_000,
  /** How long after a sending the provider may still accept it: a doubtful rejection is not final before. */
  lateAcceptanceMs: 30_000,
  /** How long an endpoint of the provider that fails is left alone. */
  circuitOpenMs: 5_000,
  /** When a caller is answered with what is known, whether or not the provider has answered. */
  answerWithinMs: 15_000,
};

export async function startGateway(config: Config, options: GatewayOptions): Promise<Gateway> {
  const { logger } = options;
  armCrashPoint(config.crashAt);
  // What was started is stopped again, also when a later start fails.
  const ending = new GracefulStop({ timeoutMs: config.shutdownTimeoutMs, noticeMs: config.shutdownNoticeMs, logger });
  try {
    const metrics = new Metrics();
    const tracing = await startTracing(
      config.traces && { ...config.traces, serviceVersion: productVersion(), flushMs: ending.lingerMs, logger },
    );
    ending.foundation(() => tracing.stop());
    const database = await openDatabase(config.databaseUrl, {
      onDurabilityLost: (error) => {
        logger.fatal({ err: error }, "the disk failed to store what was committed; the gateway ends");
        options.abort?.();
      },
    });
    ending.foundation(() => database.close());
    const audit = new AuditTrail(database, logger);
    ending.foundation(() => audit.stop());
    const refusals = new Refusals(audit);
    ending.foundation(() => refusals.stop());

    const sandbox = config.provider ? null : await startSandbox({ ...config.sandbox, ...options.sandbox });
    if (sandbox) ending.foundation(() => sandbox.stop());
    const providerUrl = config.provider?.url ?? (sandbox as Sandbox).url;
    const credentials = config.provider?.credentials ?? credentialsOf(sandbox as Sandbox);

    const webhookSecrets = sandbox ? [sandbox.signingSecret] : config.webhookSecrets;

    const redis = config.redisUrl ? await openRedis(config.redisUrl) : null;
    ending.foundation(() => redis?.disconnect());
    const budget = createBudget(config, redis, database, accountOf(providerUrl, credentials), logger);
    ending.foundation(() => budget.close());
    ending.cutOff(() => budget.close());
    const clockSkew = new ClockSkew(config.webhookToleranceSeconds, database.clock.now);
    const { absenceGapMs, answerWithinMs, lateAcceptanceMs, circuitOpenMs } = { ...patience, ...options.patience };
    const provider = new ProviderClient({
      circuitOpenMs,
      clockSkew,
      baseUrl: providerUrl,
      credentials: { ...credentials, scope: config.providerScope },
      budget,
      timeoutMs: config.providerTimeoutMs,
      logger,
      userAgent: "payout-gateway",
      secrets: webhookSecrets,
      onUnknownWord: () => metrics.unknownStatusWords.inc(),
      ...(tracing.isOn ? { traceRequest: traceProviderRequest } : {}),
      onCall: (call) => metrics.providerCallDuration.of(call.route, call.class, call.outcome).observe(call.seconds),
    });
    ending.foundation(() => provider.close());
    ending.cutOff(() => provider.abandon());
    const customers = new CustomersDataSource(provider);
    const transactions = new TransactionsDataSource(provider);
    const storage = new ObjectStorage({
      allowedHosts: config.storageHosts,
      isLoopbackProvider: isLoopback(providerUrl),
    });

    const { log_id: logId } = await logHead(database.db);
    const wakeUps = redis
      ? new RedisWakeUps({ redis, channel: `payout-gateway:${logId}:wake-ups` })
      : new InProcessWakeUps();
    if (wakeUps instanceof RedisWakeUps) ending.foundation(() => wakeUps.close());
    const door = new ChangeDoor({ database, wakeUps, metrics, logger });
    const adopter = new Adopter(database, door, {
      customer: (id) => customers.get(id),
      transaction: (key) => transactions.get(key),
    });
    const spareLookUps = {
      customer: (id: string) => customers.get(id, "reconciliation"),
      transaction: (key: string) => transactions.get(key, "reconciliation"),
    };
    const accountImport = new AccountImport({
      database,
      door,
      adopter,
      listCustomers: (page) => customers.list({ page }, "reconciliation"),
      listPayouts: (page) => transactions.list({ page }, "reconciliation"),
      logger,
    });
    watchOperatorGauges({ database, budget, metrics });
    const mirror = await Mirror.open(database, wakeUps, adopter);
    const referenceData = new ReferenceData({
      wallets: new WalletsDataSource(provider),
      currencies: new CurrenciesDataSource(provider),
      banks: new BanksDataSource(provider),
      fees: new FeesDataSource(provider),
      now: database.clock.now,
    });

    const payouts = new PayoutsDataSource(provider, (code) => referenceData.currencyId(code));
    const referenceLookUps = new ReferenceLookUps(database, transactions);
    let workers: IntentWorkers | null = null;
    const transitions = new PayoutTransitions({
      database,
      door,
      referenceLookUps,
      rules: { absenceGapMs, lateAcceptanceMs, sendWithinMs: config.payoutSendWithinMs },
      onDue: () => workers?.wake(),
      metrics,
      logger,
    });
    const sender = new PayoutSender({ database, payouts, transitions, referenceLookUps, tracing, logger });
    const confirmer = new PayoutConfirmer({
      database,
      transactions,
      transitions,
      referenceLookUps,
      tracing,
      logger,
    });
    const customerJournal = new CustomerJournal({
      database,
      door,
      customers,
      absenceGapMs,
      answerWithinMs,
      metrics,
      tracing,
      logger,
    });
    const journal = new Journal({
      mirror,
      customers: customerJournal,
      updates: { door, customers, answerWithinMs, logger },
      documents: new DocumentJournal({
        door,
        customers,
        documents: new DocumentsDataSource(provider),
        storage,
        storageTimeoutMs,
        answerWithinMs,
        logger,
      }),
      payouts: new PayoutJournal({
        database,
        door,
        mirror,
        sender,
        references: new PayoutReferences(database),
        answerWithinMs,
        isStopping: () => provider.isAbandoned,
        logger,
      }),
      resolutions: { database, door, lookUp: (transactionId) => transactions.lookUp(transactionId) },
      uploadMaxBytes: config.uploadMaxBytes,
    });

    const inbox = new InboxWorker({ database, door, adopter, metrics, tracing, logger });
    ending.work(() => inbox.stop());
    const events = new EventStore({
      database,
      door,
      metrics,
      tracing,
      logger,
      appliesAtOnce: database.dialect === "sqlite",
      onOpen: () => inbox.wake(),
    });
    const receiver = new WebhookReceiver({
      events,
      clock: database.clock,
      secrets: webhookSecrets,
      toleranceSeconds: config.webhookToleranceSeconds,
      metrics,
      logger,
    });

    const authenticator = new Authenticator({
      database,
      keys: new ApiKeys(database),
      tokens: config.auth.tokens && new TokenVerifier(config.auth.tokens, database.clock.now),
      isDisabled: config.auth.isDisabled,
      refusals,
    });
    const sessions = new Sessions(authenticator, logger);
    ending.foundation(() => sessions.stop());
    const callers = new CallerLimits({
      limits: config.limits,
      sessions,
      redis,
      keyPrefix: `payout-gateway:${logId}:requests`,
      isDisabled: config.auth.isDisabled,
    });
    const schema = await buildGatewaySchema();
    const admission = new Admission({
      schema,
      limits: config.limits,
      introspection: config.introspection,
      trustedDocuments: config.trustedDocuments && TrustedDocuments.read(config.trustedDocuments, schema),
      audit,
      logger,
    });
    const spool = await startSpoolDirectory();
    ending.foundation(() => spool.stop());
    const server = await createServer({
      schema,
      now: database.clock.now,
      answerWithinMs,
      answers: new FreshAnswers(mirror.freshness),
      createContext: contextFactory({
        mirror,
        journal,
        referenceData,
        parkedEvents: new ParkedEvents(database, () => inbox.wake()),
        audit,
        operatorStatus: () => readOperatorStatus({ database, budget, metrics }),
      }),
      credentials: new CredentialGuard(authenticator, config.limits.failedCredentialsPerMinute),
      admission,
      callers,
      sessions,
      audit,
      corsOrigins: config.corsOrigins,
      limits: config.limits,
      hasExplorer: config.introspection === "everyone",
      uploadLimits: {
        maxFileBytes: config.uploadMaxBytes,
        maxFiles: config.limits.uploadFiles,
        maxTotalBytes: config.limits.uploadTotalBytes,
        maxFieldBytes: config.limits.bodyBytes,
        deadlineMs: config.limits.uploadMs,
        slowestMs: config.limits.requestMs,
        atOnce: config.limits.uploadsAtOnce,
        directory: spool.path,
      },
      receiver,
      dashboardFolder: options.dashboardFolder ?? null,
      metrics,
      servesMetrics: config.metricsPort === null,
      isStopping: () => ending.hasBegun,
      lingerMs: Math.min(config.shutdownNoticeMs, longestLingerMs),
      tracing,
      checkReadiness: readinessCheck({
        database,
        importProgress: async () => (config.reconcileMs === null ? null : accountImport.progress()),
        clockSkew,
      }),
      logger,
    });
    ending.work(async () => {
      await server.close();
      // A sending goes on when the call that began it was answered.
      await sender.settled();
    });
    ending.lateCutOff(() => server.server.closeAllConnections());
    const { metricsPort } = config;
    const metricsServer = metricsPort === null ? null : await serveMetrics(metrics, config.host, metricsPort);
    ending.foundation(() => metricsServer?.stop());
    await server.listen({ host: config.host, port: config.port });
    const { port } = server.server.address() as AddressInfo;
    const url = `http://${inUrl(config.host)}:${port}`;
    // With PORT=0 the address is known only now.
    if (config.port === 0) sandbox?.setWebhookUrl(`${url}/webhooks`);
    // What an earlier process has received and not applied, or begun and not ended.
    inbox.wake();
    if (config.reconcileMs !== null) {
      const reconciliation = startReconciliation({
        database,
        reconciler: new Reconciler({
          database,
          door,
          lookUps: spareLookUps,
          overdueMs: config.reconcileMs,
          metrics,
          logger,
        }),
        accountImport,
        events,
        webhooks: new WebhooksDataSource(provider),
        everyMs: config.reconcileMs,
        metrics,
        logger,
      });
      ending.work(() => reconciliation.stop());
    }
    const { statusLogDays, inboxDays, auditDays } = config.retention;
    const retention = startRetention({
      database,
      keptDays: { status_log: statusLogDays, inbox: inboxDays, audit: auditDays },
      metrics,
      logger,
    });
    ending.work(async () => retention?.stop());
    workers = startIntentWorkers({ database, sender, confirmer, logger });
    ending.work(() => workers?.stop());
    const customerWorker = startCustomerWorker({ database, customers: customerJournal, logger });
    ending.work(() => customerWorker.stop());
    ending.work(() => customerJournal.stop());
    return {
      url,
      metricsUrl: metricsServer ? `http://${inUrl(config.host)}:${metricsServer.port}` : url,
      sandbox,
      metrics,
      asksForCredentials: !config.auth.isDisabled,
      stop: () => ending.run(),
    };
  } catch (error) {
    await ending.run();
    throw error;
  }
}

function credentialsOf({ clientId, clientSecret }: Sandbox): ProviderCredentials {
  return { clientId, clientSecret };
}
