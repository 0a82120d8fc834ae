// One OAuth token for all callers. It is asked for when somebody needs it, by one request however many wait for it,
// and again shortly before it expires, so that no call goes out with a token that dies on the way.

import { z } from "zod";
import { exchange, type HttpLimits } from "./http-exchange.js";
import { readAs, toJson } from "./provider-answer.js";
import { isProviderError, ProviderError } from "./provider-error.js";
import { wholeNumber } from "./provider-fields.js";
import { type TraceRequest, traceSending } from "./traced-request.js";

export interface OAuthClient {
  clientId: string;
  clientSecret: string;
  /** Space-separated: a token without scopes is issued, and then refused everywhere. */
  scope: string;
}

const label = "POST /oauth/token";
const marginSeconds = 60;
const defaultLifeSeconds = 900;

const tokenAnswer = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: wholeNumber.nullish().catch(null),
});

export class AccessToken {
  readonly #url: string;
  readonly #client: OAuthClient;
  readonly #limits: HttpLimits;
  readonly #userAgent: string;
  readonly #traceRequest: TraceRequest | null;
  readonly #nowMs: () => number;
  #current: { token: string; staleAtMs: number } | null = null;
  #minting: Promise<string> | null = null;

  constructor(options: {
    url: string;
    client: OAuthClient;
    limits: HttpLimits;
    userAgent: string;
    traceRequest?: TraceRequest | null;
    /** Monotonic: a step of the wall clock must not keep a dead token. */
    nowMs?: () => number;
  }) {
    this.#url = options.url;
    this.#client = options.client;
    this.#limits = options.limits;
    this.#userAgent = options.userAgent;
    this.#traceRequest = options.traceRequest ?? null;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  async get(): Promise<string> {
    if (this.#current && this.#nowMs() < this.#current.staleAtMs) return this.#current.token;
    this.#minting ??= this.#mint().finally(() => {
      this.#minting = null;
    });
    return this.#minting;
  }

  /** After a 401. Callers that were refused with the same token share the next one. */
  async replace(refused: string): Promise<string> {
    if (this.#current?.token === refused) this.#current = null;
    return this.get();
  }

  async #mint(): Promise<string> {
    const askedAtMs = this.#nowMs();
    const answer = await this.#ask();
    const lifeSeconds = answer.expires_in && answer.expires_in > 0 ? answer.expires_in : defaultLifeSeconds;
    const usableSeconds = lifeSeconds - Math.min(marginSeconds, lifeSeconds / 2);
    this.#current = { token: answer.access_token, staleAtMs: askedAtMs + usableSeconds * 1000 };
    return answer.access_token;
  }

  async #ask(): Promise<z.output<typeof tokenAnswer>> {
    const { clientId, clientSecret, scope } = this.#client;
    const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope };
    try {
      const request = {
        label,
        method: "POST",
        url: this.#url,
        headers: {
          Accept: "application/json",
          "Content-Type": "application/x-www-form-urlencoded",
          "User-Agent": this.#userAgent,
        },
        body: new URLSearchParams(form).toString(),
      };
      const traced = { method: "POST", route: label, class: "payout", attempt: 1 } as const;
      const answer = await traceSending(this.#traceRequest, traced, this.#limits, (limits) =>
        exchange(request, limits),
      );
      return readAs(label, tokenAnswer, toJson(label, answer));
    } catch (error) {
      throw isProviderError(error) ? asTokenFailure(error) : error;
    }
  }
}

// Whatever happened here, the call that wanted the token was not sent.
function asTokenFailure(error: ProviderError): ProviderError {
  // 400 and 404 speak of our client id, secret, scope or address, not of what a caller asked for.
  // Its errors have a shape of their own: an `error` word in place of a message.
  const isRefusal = error.httpStatus !== undefined && error.httpStatus >= 400 && error.httpStatus <= 404;
  return isRefusal
    ? new ProviderError("UNAUTHENTICATED", error.message, { ...error, outcome: "NOT_DONE", isUnsent: true })
    : error.asNotDone();
}
