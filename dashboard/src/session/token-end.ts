/** When a JWT ends, by what it says of itself; null for an API key and for whatever else cannot be read. */
export function tokenEnd(credential: string): number | null {
  const [, payload] = credential.split(".");
  if (!payload) return null;
  try {
    const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { exp?: unknown };
    return typeof claims.exp === "number" ? claims.exp * 1000 : null;
  } catch {
    return null;
  }
}
