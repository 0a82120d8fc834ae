// What a credential opens. The names are public: tokens carry them, and keys are made with them.

export const scopes = [
  "customers:read",
  "customers:write",
  "documents:write",
  "payouts:read",
  "payouts:write",
  "wallets:read",
  "pii:read",
  "operator",
] as const;

export type Scope = (typeof scopes)[number];

export function isScope(text: string): text is Scope {
  return (scopes as readonly string[]).includes(text);
}

/** The scopes of a space-separated list; what we do not know opens nothing. */
export function toScopes(list: string): Scope[] {
  return list.split(/\s+/).filter(isScope);
}
