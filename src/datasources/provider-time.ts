// The provider's times come with micro-, milli- or no fraction, with Z, an offset or nothing.

const iso8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

export class UnreadableTime extends Error {
  override readonly name = "UnreadableTime";

  constructor() {
    super("A value that should be an ISO 8601 time is not one.");
  }
}

/** Without an offset it is UTC: the server's own zone must not move the provider's clock. */
export function toDate(text: string): Date {
  const match = iso8601.exec(text.trim());
  if (!match) throw new UnreadableTime();
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match;
  const millisecond = fraction.padEnd(3, "0").slice(0, 3);
  const asUtc = `${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`;
  const date = new Date(asUtc);
  // The engine moves 30 February into March instead of refusing it.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== asUtc) throw new UnreadableTime();
  return new Date(date.getTime() - toOffsetMs(zone));
}

function toOffsetMs(zone: string): number {
  if (zone.toUpperCase() === "Z") return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
