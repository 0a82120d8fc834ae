import { Big } from "big.js";

export interface Currency {
  id: string;
  code: string;
  name: string;
  decimals: number;
  countryId: string;
  countryCode: string;
  countryName: string;
  /** Units of it for one US dollar. */
  perDollar: string;
  /** The code alone names several currencies of the provider, one for each country. */
  isShared: boolean;
}

export const currencies: readonly Currency[] = [
  currency("1", "NGN", "Nigerian Naira", 2, "161", "NG", "Nigeria", "1550"),
  currency("2", "CAD", "Canadian Dollar", 2, "39", "CA", "Canada", "1.36"),
  currency("3", "USD", "United States Dollar", 2, "233", "US", "United States", "1"),
  currency("4", "EUR", "Euro", 2, "81", "DE", "Germany", "0.92"),
  currency("5", "GBP", "British Pound", 2, "232", "GB", "United Kingdom", "0.79"),
  currency("6", "KES", "Kenyan Shilling", 2, "110", "KE", "Kenya", "129.5"),
  currency("7", "UGX", "Ugandan Shilling", 0, "229", "UG", "Uganda", "3700"),
  currency("8", "TZS", "Tanzanian Shilling", 2, "218", "TZ", "Tanzania", "2600"),
  { ...currency("9", "XOF", "West African CFA Franc", 0, "195", "SN", "Senegal", "605"), isShared: true },
  currency("10", "GHS", "Ghanaian Cedi", 2, "83", "GH", "Ghana", "15.2"),
];

export function findCurrency(idOrCode: string): Currency | undefined {
  return currencies.find(({ id, code }) => id === idOrCode || code === idOrCode.toUpperCase());
}

const rateDecimals = 8;

export function rateBetween(from: Currency, to: Currency): Big {
  return new Big(to.perDollar).div(from.perDollar).round(rateDecimals);
}

function currency(
  id: string,
  code: string,
  name: string,
  decimals: number,
  countryId: string,
  countryCode: string,
  countryName: string,
  perDollar: string,
): Currency {
  return { id, code, name, decimals, countryId, countryCode, countryName, perDollar, isShared: false };
}
