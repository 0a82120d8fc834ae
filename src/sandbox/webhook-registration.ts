import { randomUUID } from "node:crypto";
import type { Settings } from "./settings.js";

export type WebhookTarget = "payout" | "collection";

export interface Registration {
  id: string;
  payoutUrl: string;
  collectionUrl: string;
  kycUrl: string | null;
  createdAt: number;
  updatedAt: number;
}

/** Where events go: one URL for payouts, one for customers and collections. */
export class WebhookRegistration {
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get current(): Registration | undefined {
    const text = this.#settings.get("webhooks");
    return text === undefined ? undefined : JSON.parse(text);
  }

  urlOf(target: WebhookTarget): string | undefined {
    return target === "payout" ? this.current?.payoutUrl : this.current?.collectionUrl;
  }

  /** What the account holder registered over the API outlives a restart with another start option. */
  get isRegisteredByApi(): boolean {
    return this.#settings.get("webhooksByApi") === "true";
  }

  register(urls: Pick<Registration, "payoutUrl" | "collectionUrl" | "kycUrl">, isByApi: boolean): Registration {
    const now = Date.now();
    const known = this.current;
    const registration = { id: known?.id ?? randomUUID(), createdAt: known?.createdAt ?? now, ...urls, updatedAt: now };
    this.#settings.set("webhooks", JSON.stringify(registration));
    this.#settings.set("webhooksByApi", String(isByApi));
    return registration;
  }
}
