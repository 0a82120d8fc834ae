// The provider's times: ISO 8601 with micro-, milli- or no fraction, with Z, an offset or nothing, Unix seconds or
// milliseconds, and the form of mail and HTTP headers.

const iso8601 =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i;
const unix = /^(\d{9,16})(?:\.(\d{1,9}))?$/;
const rfc2822 =
  /^(?:[a-z]{3},? +)?(\d{1,2})[ -]([a-z]{3})[ -](\d{4}) +(\d{2}):(\d{2})(?::(\d{2}))? *(Z|UT|UTC|GMT|[+-]\d{4})?$/i;
const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

// No second of this era has so many digits: from here on a number counts milliseconds, and then microseconds.
const firstMilliseconds = 100_000_000_000;
const firstMicroseconds = 100_000_000_000_000;

export class UnreadableTime extends Error {
  override readonly name = "UnreadableTime";

  constructor() {
    super("A value that should be a time is not one.");
  }
}

/** Without an offset it is UTC: the server's own zone must not move the provider's clock. */
export function toDate(text: string): Date {
  const trimmed = text.trim();
  const number = unix.exec(trimmed);
  if (number) return fromUnix(Number(trimmed));
  const mail = rfc2822.exec(trimmed);
  if (mail) return fromMail(mail);
  const match = iso8601.exec(trimmed);
  if (!match) throw new UnreadableTime();
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match;
  const millisecond = fraction.padEnd(3, "0").slice(0, 3);
  return fromParts(`${year}-${month}-${day}T${hour}:${minute}:${second}.${millisecond}Z`, zone);
}

/** The same, but a day alone is not a moment: it tells nothing of what came first. */
export function toMoment(text: string): Date {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text.trim())) throw new UnreadableTime();
  return toDate(text);
}

function fromUnix(value: number): Date {
  if (value < firstMilliseconds) return new Date(Math.round(value * 1000));
  return new Date(value < firstMicroseconds ? value : Math.floor(value / 1000));
}

function fromMail([, day = "", name = "", year, hour, minute, second = "00", zone = "GMT"]: RegExpExecArray): Date {
  const month = String(months.indexOf(name.toUpperCase()) + 1).padStart(2, "0");
  return fromParts(`${year}-${month}-${day.padStart(2, "0")}T${hour}:${minute}:${second}.000Z`, zone);
}

function fromParts(asUtc: string, zone: string): Date {
  const date = new Date(asUtc);
  // The engine moves 30 February into March instead of rejecting it.
  if (Number.isNaN(date.getTime()) || date.toISOString() !== asUtc) throw new UnreadableTime();
  return new Date(date.getTime() - toOffsetMs(zone));
}

function toOffsetMs(zone: string): number {
  if (!/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (zone.startsWith("-") ? -minutes : minutes) * 60_000;
}
