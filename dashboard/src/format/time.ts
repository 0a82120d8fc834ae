const instants = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const times = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const ages = new Intl.RelativeTimeFormat(undefined, { numeric: "always", style: "short" });

export function formatInstant(instant: string | number): string {
  return instants.format(new Date(instant));
}

export function formatTime(instant: number): string {
  return times.format(new Date(instant));
}

const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function formatAge(instant: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - new Date(instant).getTime()) / 1000));
  for (const [unit, length] of units) {
    if (seconds >= length) return ages.format(-Math.floor(seconds / length), unit);
  }
  return ages.format(-seconds, "second");
}

/** A length of time in its largest unit, e.g. "5 min". */
export function formatSeconds(seconds: number): string {
  const [unit, length] = units.find(([, size]) => seconds >= size) ?? ["second", 1];
  const format = new Intl.NumberFormat(undefined, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: 1,
  });
  return format.format(seconds / length);
}
