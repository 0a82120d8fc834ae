import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { AccessTokens } from "./access-tokens.js";
import { CustomerReview } from "./customer-review.js";
import { Customers } from "./customers.js";
import { FaultScript, type SandboxFault, type StruckRequest } from "./faults.js";
import { Files, type StoredObject } from "./files.js";
import { Jobs } from "./jobs.js";
import { MixedShapes } from "./mixed-shapes.js";
import { PayoutAcceptance } from "./payout-acceptance.js";
import { PayoutProgress } from "./payout-progress.js";
import { type PayoutRecord, Payouts } from "./payouts.js";
import type { PresignedHeaderShape } from "./presigned-headers.js";
import { type RateLimit, RateLimiter } from "./rate-limit.js";
import { ReadSide } from "./read-side.js";
import { type ReceivedRequest, RequestLog } from "./request-log.js";
import { createServer } from "./server.js";
import { type Credentials, keepCredentials, Settings } from "./settings.js";
import { SpentMagic } from "./spent-magic.js";
import { openStateFile } from "./state-file.js";
import { Wallets } from "./wallets.js";
import { WebhookLogs } from "./webhook-logs.js";
import { WebhookOutbox } from "./webhook-outbox.js";
import { WebhookRegistration } from "./webhook-registration.js";
import { type SentWebhook, WebhookSender } from "./webhook-sender.js";

export type { SandboxFault, StruckRequest } from "./faults.js";
export type { StoredObject } from "./files.js";
export type { PayoutRecord as SandboxTransaction } from "./payouts.js";
export type { PresignedHeaderShape } from "./presigned-headers.js";
export type { ReceivedRequest } from "./request-log.js";
export type { SentWebhook } from "./webhook-sender.js";

/** Credentials that are not given are made at the first start and kept in the state file. */
export interface SandboxOptions extends Partial<Credentials> {
  host?: string;
  /** 0 for any free port. */
  port: number;
  /** Path of its own SQLite file, or `:memory:`. */
  stateFile: string;
  /** Where all webhooks go, unless the account holder registered other URLs by `POST /webhook`. */
  webhookUrl?: string;
  /** From attaching the identity file to the verdict. */
  reviewDelayMs?: number;
  /** From each payout status to the next. */
  payoutStepDelayMs?: number;
  /** Waits between delivery attempts; one attempt more than there are waits. Jitter of 80 to 120 % is added. */
  retryScheduleMs?: number[];
  webhookTimeoutMs?: number;
  presignLifeMs?: number;
  /** How the headers of a pre-signed URL are written; `host` unless told. */
  presignedHeaders?: PresignedHeaderShape;
  rateLimit?: RateLimit;
  /** False for an older account: merchant_reference is neither unique, nor echoed, nor found. */
  keepsMerchantReference?: boolean;
  /** Look-ups and lists show a payout's status of this long ago. Webhooks do not wait. */
  readLagMs?: number;
  /** A payout that has not ended is neither found nor listed for this long after it was accepted. */
  hiddenMs?: number;
  /** Spells, nests and types the fields of webhooks and look-ups in other ways, by this seed. */
  shapeSeed?: number;
  /** False to take GBP, EUR and USD payouts without the recipient's address. */
  requiresAddress?: boolean;
}

export interface Sandbox extends Credentials {
  /** `/oauth/token`, `/api/external/…` and `/storage/…` are below it. */
  url: string;
  /** What reached a route, e.g. `POST /payout` or `GET /customer/{id}`, newest last. */
  received(route: string): ReceivedRequest[];
  /** The provider's own books: every payout that it accepted, oldest first. */
  transactions(): PayoutRecord[];
  storedObject(fileId: string): StoredObject | undefined;
  /** Deliveries that were attempted, oldest first. */
  sentWebhooks(): SentWebhook[];
  setWebhookUrl(url: string): void;
  /** Makes the next request of a route fail. */
  failNext(fault: SandboxFault): void;
  /** Requests that such a fault has hit, oldest first. */
  struck(): StruckRequest[];
  /** What a rotation of the credential does: every token dies. */
  revokeTokens(): void;
  stop(): Promise<void>;
}

const doublings = 9;
const defaultRetryScheduleMs = Array.from({ length: doublings }, (_, attempt) => 1000 * 2 ** attempt);

/** Starts the simulated provider. What it knew before, it still knows; what fell due meanwhile happens at once. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  if (options.stateFile !== ":memory:") mkdirSync(dirname(options.stateFile), { recursive: true });
  const db = openStateFile(options.stateFile);
  const settings = new Settings(db);
  const credentials = keepCredentials(settings, options);
  const { signingSecret } = credentials;
  const isReferenceKept = options.keepsMerchantReference ?? true;

  const tokens = new AccessTokens(db);
  const customers = new Customers(db);
  const files = new Files(db);
  const wallets = new Wallets(db);
  const payouts = new Payouts(db);
  const requests = new RequestLog();
  const faults = new FaultScript();
  const jobs = new Jobs(db);

  const registration = new WebhookRegistration(settings);
  const setWebhookUrl = (url: string) =>
    void registration.register({ payoutUrl: url, collectionUrl: url, kycUrl: null }, false);
  if (options.webhookUrl !== undefined && !registration.isRegisteredByApi) setWebhookUrl(options.webhookUrl);
  const logs = new WebhookLogs(db);
  const shapes = new MixedShapes();
  shapes.mix(options.shapeSeed ?? null);
  const outbox = new WebhookOutbox(registration, logs, jobs, shapes);
  const sender = new WebhookSender(jobs, logs, registration, {
    signingSecret,
    retryScheduleMs: options.retryScheduleMs ?? defaultRetryScheduleMs,
    timeoutMs: options.webhookTimeoutMs ?? 30_000,
  });

  const review = new CustomerReview(db, customers, jobs, outbox, options.reviewDelayMs ?? 1500);
  const stepDelayMs = options.payoutStepDelayMs ?? 1000;
  const progress = new PayoutProgress({ db, payouts, wallets, jobs, outbox, stepDelayMs, isReferenceKept });
  const reads = new ReadSide({ lagMs: options.readLagMs ?? 0, hiddenMs: options.hiddenMs ?? 0 }, stepDelayMs);
  const acceptance = new PayoutAcceptance({ db, customers, wallets, payouts, progress, isReferenceKept });

  let presignedHeaders = options.presignedHeaders ?? "host";
  let url = "";
  const app = createServer({
    credentials,
    tokens,
    limiter: new RateLimiter(options.rateLimit ?? { perMinute: 120, perHour: 1500 }),
    requests,
    faults,
    customers,
    review,
    files,
    presignLifeMs: options.presignLifeMs ?? 300_000,
    presignedHeaders: () => presignedHeaders,
    setPresignedHeaders: (shape) => {
      presignedHeaders = shape;
    },
    storageUrl: () => `${url}/storage`,
    wallets,
    payouts,
    progress,
    acceptance,
    spentMagic: new SpentMagic(db),
    isAddressRequired: options.requiresAddress ?? true,
    isReferenceKept,
    registration,
    logs,
    outbox,
    signingSecret,
    reads,
    shapes,
  });
  try {
    url = await app.listen({ host: options.host ?? "127.0.0.1", port: options.port });
  } catch (error) {
    db.close();
    throw error;
  }
  jobs.start();

  let stopped: Promise<void> | undefined;
  const stop = async () => {
    sender.stop();
    await app.close();
    await jobs.stop();
    db.close();
  };

  return {
    ...credentials,
    url,
    received: (route) => requests.received(route),
    transactions: () => payouts.all(),
    storedObject: (fileId) => files.find(fileId)?.object,
    sentWebhooks: () => sender.sent(),
    setWebhookUrl,
    failNext: (fault) => faults.add(fault),
    struck: () => faults.struck(),
    revokeTokens: () => tokens.revokeAll(),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
