// The bearer token or API key, kept for this tab alone.

const place = "payout-gateway.credential";
const listeners = new Set<() => void>();

export function readCredential(): string | null {
  return sessionStorage.getItem(place);
}

export function keepCredential(credential: string): void {
  sessionStorage.setItem(place, credential.replace(/^Bearer\s+/i, "").trim());
  for (const tell of listeners) tell();
}

export function dropCredential(): void {
  sessionStorage.removeItem(place);
  for (const tell of listeners) tell();
}

export function onCredential(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function authorization(): Record<string, string> {
  const credential = readCredential();
  return credential === null ? {} : { authorization: `Bearer ${credential}` };
}
