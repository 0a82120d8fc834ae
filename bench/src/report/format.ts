/** A number with so many digits as say something: three, and none behind the point from a hundred on. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

export function times(value: number): string {
  return `${number(value)} ×`;
}

export function megabytes(bytes: number): string {
  return `${number(bytes / 1e6)} MB`;
}
