import type { LoggedEntity } from "../store/tables.js";
import { operatorTenant, type Visibility } from "../store/visibility.js";
import { type Scope, scopes } from "./scopes.js";

/** Whom a call acts for, proven by a credential. */
export interface Principal {
  /** Names the caller in logs, in the audit trail and where calls are counted. */
  readonly id: string;
  /** Owner of what the caller makes. */
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Sees and may do everything, of every tenant. */
  readonly isOperator: boolean;
  /** Milliseconds since 1970; null: until it is revoked. */
  readonly expiresAt: number | null;
  /** Of an API key, by which it can be revoked. */
  readonly keyId: string | null;
}

/** Everyone, while authentication is off. */
export const operator: Principal = Object.freeze({
  id: "operator",
  tenant: operatorTenant,
  scopes: new Set(scopes),
  isOperator: true,
  expiresAt: null,
  keyId: null,
});

export function hasScope({ isOperator, scopes: given }: Principal, scope: Scope): boolean {
  return isOperator || given.has(scope);
}

export function visibilityOf(principal: Principal): Visibility {
  return {
    tenant: principal.isOperator ? null : principal.tenant,
    entities: entitiesOf(principal),
    hasPersonalData: hasScope(principal, "pii:read"),
  };
}

function entitiesOf(principal: Principal): LoggedEntity[] | null {
  const seesCustomers = hasScope(principal, "customers:read");
  const seesPayouts = hasScope(principal, "payouts:read");
  if (seesCustomers && seesPayouts) return null;
  return [...(seesCustomers ? (["CUSTOMER", "DOCUMENT"] as const) : []), ...(seesPayouts ? (["PAYOUT"] as const) : [])];
}
