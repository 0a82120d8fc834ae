// The only way to the provider's REST API. Every call passes through `#call`: who wants to decide when a call may go out
// (a budget, retries, a breaker) does it there, by the call's class.

import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { stringify } from "lossless-json";
import type { Logger } from "pino";
import { AccessToken, type OAuthClient } from "./access-token.js";
import { exchange, type HttpAnswer, type HttpLimits } from "./http-exchange.js";
import { toJson } from "./provider-answer.js";
import { isProviderError } from "./provider-error.js";
import { UnknownStatusWord } from "./status-words.js";

/** What a call is for, in the order in which it should be served when there is not enough for all. */
export type CallClass = "payout" | "write" | "read" | "reconciliation";

export type ProviderCredentials = OAuthClient | { apiKey: string };

export interface ProviderClientOptions {
  /** Without the API's own path, e.g. https://api.example.com. */
  baseUrl: string;
  /** With both kinds given, OAuth is used. */
  credentials: ProviderCredentials;
  /** For one request, from the connection to the last byte of its answer. */
  timeoutMs: number;
  maxResponseBytes?: number;
  logger: Logger;
  userAgent: string;
  /** Told of every word that `status-words.ts` does not know, e.g. to count them. */
  onUnknownWord?: (word: UnknownStatusWord) => void;
}

export type Query = Record<string, string | undefined>;

interface Call {
  class: CallClass;
  method: "GET" | "POST" | "PUT";
  path: string;
  query?: Query;
  body?: unknown;
}

const apiRoot = "/api/external";
const defaultMaxResponseBytes = 5 * 1024 * 1024;
// Shorter than what servers and load balancers keep: a request must not go out on a connection that is just closing.
const idleConnectionMs = 15_000;

export class ProviderClient {
  readonly #baseUrl: string;
  readonly #apiKey: string | null;
  readonly #accessToken: AccessToken | null;
  readonly #limits: HttpLimits;
  readonly #logger: Logger;
  readonly #userAgent: string;
  readonly #onUnknownWord: (word: UnknownStatusWord) => void;

  constructor(options: ProviderClientOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.#logger = options.logger;
    this.#userAgent = options.userAgent;
    this.#onUnknownWord = options.onUnknownWord ?? (() => {});
    const KeepAliveAgent = this.#baseUrl.startsWith("https:") ? HttpsAgent : HttpAgent;
    this.#limits = {
      agent: new KeepAliveAgent({ keepAlive: true, timeout: idleConnectionMs }),
      timeoutMs: options.timeoutMs,
      maxResponseBytes: options.maxResponseBytes ?? defaultMaxResponseBytes,
    };
    const { credentials } = options;
    this.#accessToken =
      "clientId" in credentials
        ? new AccessToken({
            url: `${this.#baseUrl}/oauth/token`,
            client: credentials,
            limits: this.#limits,
            userAgent: this.#userAgent,
          })
        : null;
    this.#apiKey = "apiKey" in credentials ? credentials.apiKey : null;
  }

  get(path: string, query?: Query, callClass: CallClass = "read"): Promise<unknown> {
    return this.#call({ class: callClass, method: "GET", path, ...(query ? { query } : {}) });
  }

  /** A `query` beside the body is for the one endpoint whose documentation leaves open which of them it reads. */
  post(path: string, body?: unknown, callClass: CallClass = "write", query?: Query): Promise<unknown> {
    return this.#call({ class: callClass, method: "POST", path, body, ...(query ? { query } : {}) });
  }

  put(path: string, body: unknown, callClass: CallClass = "write"): Promise<unknown> {
    return this.#call({ class: callClass, method: "PUT", path, body });
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

  close(): void {
    this.#limits.agent.destroy();
  }

  async #call(call: Call): Promise<unknown> {
    const label = `${call.method} ${call.path}`;
    const startedAtMs = performance.now();
    try {
      const answer = await this.#sendAuthenticated(call, label);
      this.#logger.debug({ call: label, class: call.class, status: answer.status, ...since(startedAtMs) }, "Answered.");
      return toJson(label, answer);
    } catch (error) {
      if (isProviderError(error)) {
        const { kind, outcome, httpStatus } = error;
        this.#logger.debug(
          { call: label, class: call.class, kind, outcome, httpStatus, ...since(startedAtMs) },
          "Failed.",
        );
      }
      throw error;
    }
  }

  /** A 401 was not accepted, whatever the call: it is safe to send it once more with a fresh token. */
  async #sendAuthenticated(call: Call, label: string): Promise<HttpAnswer> {
    if (!this.#accessToken) return this.#send(call, label, { "x-blaaiz-api-key": this.#apiKey ?? "" });
    const token = await this.#accessToken.get();
    const answer = await this.#send(call, label, { Authorization: `Bearer ${token}` });
    if (answer.status !== 401) return answer;
    this.#logger.info({ call: label }, "The provider refused the access token; asking for a new one.");
    const fresh = await this.#accessToken.replace(token);
    return this.#send(call, label, { Authorization: `Bearer ${fresh}` });
  }

  #send(call: Call, label: string, credential: Record<string, string>): Promise<HttpAnswer> {
    const body = call.body === undefined ? undefined : stringify(call.body);
    return exchange(
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
      },
      this.#limits,
    );
  }
}

function toQueryString(query: Query | undefined): string {
  const given = Object.entries(query ?? {}).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}

function since(startedAtMs: number): { durationMs: number } {
  return { durationMs: Math.round(performance.now() - startedAtMs) };
}
