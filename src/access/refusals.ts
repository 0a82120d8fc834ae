// Credentials that were refused or count no more, as the audit trail has them. Strangers can be refused as often as they
// like, so each reason has an entry a minute at most, which counts the rest.

import { randomBytes } from "node:crypto";
import { operatorTenant } from "../store/visibility.js";
import type { AccessError } from "./access-error.js";
import type { AuditTrail } from "./audit-trail.js";
import type { Principal } from "./principal.js";

const minuteMs = 60_000;
const stranger = { id: "stranger", tenant: operatorTenant };

export class Refusals {
  readonly #audit: AuditTrail;
  readonly #everyMs: number;
  readonly #node = randomBytes(4).toString("hex");
  /** How many refusals of each reason wait for the next entry. */
  readonly #counts = new Map<string, number>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Told of once, however long their connections take to end. */
  readonly #revoked = new WeakSet<Principal>();

  constructor(audit: AuditTrail, everyMs = minuteMs) {
    this.#audit = audit;
    this.#everyMs = everyMs;
  }

  /** Only our own words for what is wrong are kept, nothing of what was sent. */
  addStranger({ message: reason }: AccessError): void {
    const waiting = this.#counts.get(reason);
    if (waiting !== undefined) {
      this.#counts.set(reason, waiting + 1);
      return;
    }
    this.#write(reason, 1);
    this.#count(reason);
  }

  /** One entry for each caller, however many connections it has open. */
  addRevoked(principals: readonly Principal[]): void {
    const connections = new Map<string, { principal: Principal; count: number }>();
    for (const principal of principals) {
      if (this.#revoked.has(principal)) continue;
      const count = (connections.get(principal.id)?.count ?? 0) + 1;
      connections.set(principal.id, { principal, count });
    }
    // Only now: connections under one credential may have the one principal in common.
    for (const principal of principals) this.#revoked.add(principal);
    for (const { principal, count } of connections.values()) {
      this.#audit.note({ principal, action: "stayConnected", detail: { code: "REVOKED", connections: count } });
    }
  }

  /** Writes what was counted and not written yet. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const [reason, count] of this.#counts) if (count > 0) this.#write(reason, count);
    this.#counts.clear();
  }

  #count(reason: string): void {
    this.#counts.set(reason, 0);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const count = this.#counts.get(reason) ?? 0;
      this.#counts.delete(reason);
      if (count === 0) return;
      this.#write(reason, count);
      this.#count(reason);
    }, this.#everyMs);
    this.#timers.add(timer.unref());
  }

  #write(reason: string, count: number): void {
    const detail = { code: "UNAUTHENTICATED", reason, count, node: this.#node };
    this.#audit.note({ principal: stranger, action: "authenticate", detail });
  }
}
