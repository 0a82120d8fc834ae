const shown = 4;

/** An account number as those see it who may not read personal data: its last four characters, and never more than half. */
export function maskNumber(number: string): string {
  const visible = Math.min(shown, Math.floor(number.length / 2));
  return `******${number.slice(number.length - visible)}`;
}
