interface MoneyValue {
  readonly amount: string;
  readonly currency: string;
}

const formats = new Map<string, Intl.NumberFormat>();

/** In the reader's own way, to the last digit: the decimal stays a text all the way. */
export function formatMoney({ amount, currency }: MoneyValue): string {
  // Old payouts in crypto tokens have names that are no currency codes.
  if (!/^[A-Z]{3}$/.test(currency)) return `${formatDecimal(amount)} ${currency}`;
  let format = formats.get(currency);
  if (!format) {
    format = new Intl.NumberFormat(undefined, { style: "currency", currency, currencyDisplay: "code" });
    formats.set(currency, format);
  }
  return format.format(amount as Intl.StringNumericLiteral);
}

const decimals = new Intl.NumberFormat(undefined, { maximumFractionDigits: 20 });

export function formatDecimal(decimal: string): string {
  return decimals.format(decimal as Intl.StringNumericLiteral);
}

export function formatCount(count: number): string {
  return decimals.format(count);
}
