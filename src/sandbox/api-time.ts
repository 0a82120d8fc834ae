/** `2026-11-23T09:30:00.000000Z`: API bodies carry microseconds. */
export function toApiTime(at: number): string {
  return new Date(at).toISOString().replace("Z", "000Z");
}

/** `2026-11-23T09:30:00.000Z`: customer webhooks carry milliseconds. */
export function toWebhookTime(at: number): string {
  return new Date(at).toISOString();
}

/** First millisecond of a YYYY-MM-DD day; undefined where the text is no such day. */
export function fromDay(text: string): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? undefined : at;
}

export const dayMs = 24 * 60 * 60 * 1000;
