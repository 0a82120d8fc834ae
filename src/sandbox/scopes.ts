/** What a credential of the simulated provider holds. Bundle names are unknown to the token endpoint, as at the provider. */
export const scopes = [
  "customer:read",
  "customer:write",
  "beneficiary:read",
  "file:upload",
  "payout:create",
  "transaction:read",
  "wallet:read",
  "currency:read",
  "bank:read",
  "fees:read",
  "rates:read",
  "webhook:read",
  "webhook:write",
  "webhook:replay",
  "mock:webhook:trigger",
  "virtual-account:read",
  "virtual-account:create",
  "virtual-account:close",
  "collection:create",
  "collection:crypto:create",
  "collection:interac:accept",
  "collection:interac:create",
  "interac-auto-deposit-email:create",
  "interac-auto-deposit-email:read",
  "swap:create",
  "refund:create",
  "refund:read",
  "compliance-kyc:read",
  "compliance-kyc:create",
  "compliance-kyc:cancel",
  "compliance-kyc:pii:read",
] as const;

export type Scope = (typeof scopes)[number];

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}
