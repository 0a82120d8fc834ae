// The only way to the provider's REST API. Every call passes through `#call`: the circuit decides whether it may be tried,
// the budget when each of its requests goes out, and only what is a read is ever sent again after a failure.

import { setMaxListeners } from "node:events";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { stringify } from "lossless-json";
import type { Logger } from "pino";
import { AccessToken, type OAuthClient } from "./access-token.js";
import { toBudgetAnswer } from "./budget/budget-answer.js";
import type { CallClass } from "./budget/call-class.js";
import type { ProviderBudget } from "./budget/provider-budget.js";
import { ProviderCircuit } from "./budget/provider-circuit.js";
import { type Attempt, retryRead } from "./budget/retry-read.js";
import { SharedReads } from "./budget/shared-reads.js";
import type { ClockSkew } from "./clock-skew.js";
import { exchange, type HttpAnswer, type HttpLimits } from "./http-exchange.js";
import { isOwnAnswer, toJson, withoutSecrets } from "./provider-answer.js";
import { isProviderError, type ProviderErrorKind } from "./provider-error.js";
import { routeOf } from "./provider-route.js";
import { UnknownStatusWord } from "./status-words.js";
import { type TraceRequest, traceSending } from "./traced-request.js";

export type { CallClass } from "./budget/call-class.js";

export type ProviderCredentials = OAuthClient | { apiKey: string };

export interface ProviderClientOptions {
  /** Without the API's own path, e.g. https://api.example.com. */
  baseUrl: string;
  /** With both kinds given, OAuth is used. */
  credentials: ProviderCredentials;
  /** For one request, from the connection to the last byte of its answer. */
  timeoutMs: number;
  /** Without one, calls go out as they come. It is closed by whoever made it. */
  budget?: ProviderBudget;
  maxResponseBytes?: number;
  logger: Logger;
  userAgent: string;
  /** What the provider knows besides the credentials, and a caller must not read in its refusals. */
  secrets?: readonly string[];
  /** Told of every word that `status-words.ts` does not know, e.g. to count them. */
  onUnknownWord?: (word: UnknownStatusWord) => void;
  /** Told of every call when it has ended, by a name without ids. */
  onCall?: (call: EndedCall) => void;
  clockSkew?: ClockSkew;
  /** How long an endpoint that fails is left alone. */
  circuitOpenMs?: number;
  /** Told of every request that goes out, or would. */
  traceRequest?: TraceRequest;
}

export interface EndedCall {
  route: string;
  class: CallClass;
  outcome: "ok" | ProviderErrorKind;
  seconds: number;
}

export type Query = Record<string, string | undefined>;

interface Call {
  class: CallClass;
  method: "GET" | "POST" | "PUT";
  path: string;
  query?: Query;
  body?: unknown;
  /** Changes nothing at the provider, so it may be sent again. */
  isRead: boolean;
  /** How many went out for it. */
  requests?: number;
  beforeSending?: BeforeSending;
}

/** Runs right before the bytes of a request go out, when its turn has come. Where it throws, nothing is sent. */
export type BeforeSending = () => Promise<void>;

export interface PostOptions {
  /** Beside the body: for the one endpoint whose documentation leaves open which of them it reads. */
  query?: Query;
  /** For a POST that only asks. */
  isRead?: boolean;
  beforeSending?: BeforeSending;
}

const apiRoot = "/api/external";
const defaultMaxResponseBytes = 5 * 1024 * 1024;
// Shorter than what servers and load balancers keep: a request must not go out on a connection that is just closing.
const idleConnectionMs = 15_000;

/** How long a request may wait for its turn. Reconciliation takes what nobody needs, or nothing. */
const patienceMs: Readonly<Record<CallClass, number>> = {
  payout: 10_000,
  write: 10_000,
  read: 5_000,
  reconciliation: 0,
};

export class ProviderClient {
  readonly #baseUrl: string;
  readonly #apiKey: string | null;
  readonly #accessToken: AccessToken | null;
  readonly #limits: HttpLimits;
  readonly #logger: Logger;
  readonly #userAgent: string;
  readonly #secrets: readonly string[];
  readonly #onUnknownWord: (word: UnknownStatusWord) => void;
  readonly #onCall: (call: EndedCall) => void;
  readonly #budget: ProviderBudget | null;
  /** One for each endpoint: failing reads never stop payouts, nor failing payouts their look-ups. */
  readonly #circuits = new Map<string, ProviderCircuit>();
  readonly #circuitOpenMs: number | undefined;
  readonly #clockSkew: ClockSkew | null;
  readonly #traceRequest: TraceRequest | null;
  readonly #sharedReads = new SharedReads();
  readonly #abandoned = new AbortController();

  constructor(options: ProviderClientOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.#logger = options.logger;
    this.#userAgent = options.userAgent;
    this.#onUnknownWord = options.onUnknownWord ?? (() => {});
    this.#onCall = options.onCall ?? (() => {});
    this.#budget = options.budget ?? null;
    this.#circuitOpenMs = options.circuitOpenMs;
    this.#clockSkew = options.clockSkew ?? null;
    this.#traceRequest = options.traceRequest ?? null;
    // One listener for each call that is under way.
    setMaxListeners(0, this.#abandoned.signal);
    const KeepAliveAgent = this.#baseUrl.startsWith("https:") ? HttpsAgent : HttpAgent;
    this.#limits = {
      agent: new KeepAliveAgent({ keepAlive: true, timeout: idleConnectionMs }),
      timeoutMs: options.timeoutMs,
      maxResponseBytes: options.maxResponseBytes ?? defaultMaxResponseBytes,
      abandoned: this.#abandoned.signal,
    };
    const { credentials } = options;
    const secret = "clientId" in credentials ? credentials.clientSecret : credentials.apiKey;
    this.#secrets = [...(options.secrets ?? []), secret];
    this.#accessToken =
      "clientId" in credentials
        ? new AccessToken({
            url: `${this.#baseUrl}/oauth/token`,
            client: credentials,
            limits: { ...this.#limits, ...this.#tokenAdmission() },
            traceRequest: this.#traceRequest,
            userAgent: this.#userAgent,
          })
        : null;
    this.#apiKey = "apiKey" in credentials ? credentials.apiKey : null;
  }

  get(path: string, query?: Query, callClass: CallClass = "read"): Promise<unknown> {
    const call: Call = { class: callClass, method: "GET", path, ...(query ? { query } : {}), isRead: true };
    return this.#sharedReads.read(`${path}${toQueryString(query)}`, callClass, () => this.#call(call));
  }

  post(path: string, body?: unknown, callClass: CallClass = "write", options: PostOptions = {}): Promise<unknown> {
    return this.#call({ class: callClass, method: "POST", path, body, isRead: false, ...options });
  }

  put(path: string, body: unknown, callClass: CallClass = "write"): Promise<unknown> {
    return this.#call({ class: callClass, method: "PUT", path, body, isRead: false });
  }

  /** A word's meaning; one that is not known is reported and leaves the rest of its answer usable. */
  understand<T>(toMeaning: (word: string) => T, word: string | null | undefined): T | undefined {
    if (word === null || word === undefined) return undefined;
    try {
      return toMeaning(word);
    } catch (error) {
      if (!(error instanceof UnknownStatusWord)) throw error;
      this.#logger.warn({ subject: error.subject, word: error.word }, "The provider used an unknown word.");
      this.#onUnknownWord(error);
      return undefined;
    }
  }

  /** Waits for no answer any more: the outcome of what is under way is unknown, and nothing else goes out. */
  abandon(): void {
    this.#abandoned.abort();
  }

  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  close(): void {
    this.#limits.agent.destroy();
  }

  async #call(call: Call): Promise<unknown> {
    const label = `${call.method} ${call.path}`;
    const startedAtMs = performance.now();
    try {
      const answer = await this.#perform(call, label);
      this.#logger.debug({ call: label, class: call.class, ...since(startedAtMs) }, "Answered.");
      this.#tell(call, "ok", startedAtMs);
      return answer;
    } catch (error) {
      if (isProviderError(error)) {
        const { kind, outcome, httpStatus } = error;
        this.#tell(call, kind, startedAtMs);
        this.#logger.debug(
          { call: label, class: call.class, kind, outcome, httpStatus, ...since(startedAtMs) },
          "Failed.",
        );
      }
      throw error;
    } finally {
      if (!call.isRead) this.#sharedReads.endSharing();
    }
  }

  #tell({ method, path, class: callClass }: Call, outcome: EndedCall["outcome"], startedAtMs: number): void {
    const seconds = (performance.now() - startedAtMs) / 1000;
    this.#onCall({ route: routeOf(method, path), class: callClass, outcome, seconds });
  }

  #perform(call: Call, label: string): Promise<unknown> {
    if (!call.isRead) return this.#attempt(call, label, this.#limitsOf(call.class));
    const deadlineMs = performance.now() + patienceMs[call.class] + this.#limits.timeoutMs;
    return retryRead(deadlineMs, (state) => this.#attempt(call, label, this.#limitsOf(call.class, deadlineMs), state));
  }

  #attempt(call: Call, label: string, limits: HttpLimits, state?: Attempt): Promise<unknown> {
    return this.#circuitOf(call).run(label, async () =>
      toJson(label, await this.#sendAuthenticated(call, label, limits, state)),
    );
  }

  #circuitOf({ method, path }: Call): ProviderCircuit {
    const route = routeOf(method, path);
    const known = this.#circuits.get(route);
    if (known) return known;
    const circuit = new ProviderCircuit(this.#logger, this.#circuitOpenMs);
    this.#circuits.set(route, circuit);
    return circuit;
  }

  /** A 401 was not accepted, whatever the call: it is safe to send it once more with a fresh token. */
  async #sendAuthenticated(call: Call, label: string, limits: HttpLimits, state?: Attempt): Promise<HttpAnswer> {
    const token = await this.#accessToken?.get();
    if (state) state.isSent = true;
    if (!this.#accessToken || token === undefined) {
      return this.#send(call, label, limits, { "x-blaaiz-api-key": this.#apiKey ?? "" });
    }
    const answer = await this.#send(call, label, limits, { Authorization: `Bearer ${token}` });
    if (answer.status !== 401 || !isOwnAnswer(answer)) return answer;
    this.#logger.info({ call: label }, "The provider refused the access token; asking for a new one.");
    const fresh = await this.#accessToken.replace(token);
    return this.#send(call, label, limits, { Authorization: `Bearer ${fresh}` });
  }

  #limitsOf(callClass: CallClass, deadlineMs = Number.POSITIVE_INFINITY): HttpLimits {
    const budget = this.#budget;
    const { agent, maxResponseBytes, timeoutMs, abandoned } = this.#limits;
    const leftMs = () => Math.max(1, deadlineMs - performance.now());
    return {
      agent,
      maxResponseBytes,
      ...(abandoned && { abandoned }),
      // Read when the request goes out: by then its turn may have been a while in coming.
      get timeoutMs() {
        return Math.min(timeoutMs, leftMs());
      },
      ...(budget && {
        admit: () => budget.acquire(callClass, Math.min(patienceMs[callClass], leftMs())),
        onAnswer: (status, headers) => budget.noteAnswer(toBudgetAnswer(status, headers)),
      }),
    };
  }

  /** A payout may be waiting for the token, whoever asked for it. Its endpoint's limit is one of its own, if any. */
  #tokenAdmission(): Pick<HttpLimits, "admit" | "onAnswer"> {
    const budget = this.#budget;
    if (!budget) return {};
    return {
      admit: () => budget.acquire("payout", patienceMs.payout),
      onAnswer: (status, headers) => {
        if (status === 429) budget.noteAnswer(toBudgetAnswer(status, headers));
      },
    };
  }

  #send(call: Call, label: string, limits: HttpLimits, credential: Record<string, string>): Promise<HttpAnswer> {
    call.requests = (call.requests ?? 0) + 1;
    const { method, path, class: callClass, requests: attempt } = call;
    const request = { method, route: routeOf(method, path), class: callClass, attempt };
    return traceSending(this.#traceRequest, request, limits, (told) => this.#exchange(call, label, told, credential));
  }

  async #exchange(
    call: Call,
    label: string,
    limits: HttpLimits,
    credential: Record<string, string>,
  ): Promise<HttpAnswer> {
    const body = call.body === undefined ? undefined : stringify(call.body);
    const answer = await exchange(
      {
        label,
        method: call.method,
        url: `${this.#baseUrl}${apiRoot}${call.path}${toQueryString(call.query)}`,
        headers: {
          Accept: "application/json",
          "User-Agent": this.#userAgent,
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...credential,
        },
        ...(body === undefined ? {} : { body }),
        ...(call.beforeSending ? { beforeSending: call.beforeSending } : {}),
      },
      limits,
    );
    this.#clockSkew?.note(answer.headers.get("date"));
    const sent = Object.values(credential).map((value) => value.replace(/^Bearer /, ""));
    return withoutSecrets(answer, [...this.#secrets, ...sent]);
  }
}

function toQueryString(query: Query | undefined): string {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

function since(startedAtMs: number): { durationMs: number } {
  return { durationMs: Math.round(performance.now() - startedAtMs) };
}
