const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Whether the text is YYYY-MM-DD and a day that exists: the built-in parser turns 30 February into 2 March. */
export function isCalendarDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) {
    return false;
  }
  const date = new Date(`${text}T00:00:00.000Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** The present day in UTC, as YYYY-MM-DD: such dates compare as text. */
export function todayUtc(): string {
  return new Date().toISOString().slice(0, 10);
}
