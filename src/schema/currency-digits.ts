const digitsByCode = new Map<string, number>();

/** How many decimals a currency has; none for what has not the form of a code, such as an old crypto token. */
export function currencyDigits(code: string): number {
  const known = digitsByCode.get(code);
  if (known !== undefined) {
    return known;
  }
  if (!/^[A-Z]{3}$/.test(code)) {
    return 0;
  }
  const format = new Intl.NumberFormat("en", { style: "currency", currency: code });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 0;
  digitsByCode.set(code, digits);
  return digits;
}

export function decimalPlaces(decimal: string): number {
  return decimal.split(".")[1]?.length ?? 0;
}

/**
 * A decimal with the currency's number of decimals. It never rounds: what is not zero stays, however many decimals the
 * currency has.
 */
export function toCurrencyAmount(decimal: string, currency: string): string {
  const digits = currencyDigits(currency);
  const [whole = "", fraction = ""] = decimal.split(".");
  const kept = fraction.slice(digits).replace(/0+$/, "");
  const decimals = (fraction.slice(0, digits) + kept).padEnd(digits, "0");
  return decimals === "" ? whole : `${whole}.${decimals}`;
}
