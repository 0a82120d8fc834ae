export interface Bank {
  id: string;
  name: string;
  code: string;
  currency: string;
  countryCode: string;
  countryName: string;
}

export interface MobileMoneyOperator {
  id: string;
  name: string;
  code: string;
  currency: string;
}

export const banks: readonly Bank[] = [
  ...nigerian([
    ["1", "Access Bank", "044"],
    ["2", "Zenith Bank", "057"],
    ["3", "Guaranty Trust Bank", "058"],
    ["4", "United Bank for Africa", "033"],
    ["5", "First Bank of Nigeria", "011"],
    ["6", "Fidelity Bank", "070"],
    ["7", "Wema Bank", "035"],
    ["8", "Union Bank of Nigeria", "032"],
  ]),
  { id: "20", name: "Barclays", code: "BARCGB22", currency: "GBP", countryCode: "GB", countryName: "United Kingdom" },
  {
    id: "21",
    name: "Lloyds Bank",
    code: "LOYDGB2L",
    currency: "GBP",
    countryCode: "GB",
    countryName: "United Kingdom",
  },
  { id: "22", name: "Commerzbank", code: "COBADEFF", currency: "EUR", countryCode: "DE", countryName: "Germany" },
];

export const mobileMoneyOperators: readonly MobileMoneyOperator[] = [
  { id: "operator-1", name: "M-PESA", code: "MPESA", currency: "KES" },
  { id: "operator-2", name: "Airtel Money Kenya", code: "AIRTEL_KE", currency: "KES" },
  { id: "operator-3", name: "MTN Mobile Money Uganda", code: "MTN_UG", currency: "UGX" },
  { id: "operator-4", name: "Airtel Money Uganda", code: "AIRTEL_UG", currency: "UGX" },
  { id: "operator-5", name: "Vodacom M-Pesa", code: "VODACOM_TZ", currency: "TZS" },
  { id: "operator-6", name: "Tigo Pesa", code: "TIGO_TZ", currency: "TZS" },
  { id: "operator-7", name: "Orange Money Senegal", code: "ORANGE_SN", currency: "XOF" },
  { id: "operator-8", name: "Wave Senegal", code: "WAVE_SN", currency: "XOF" },
  { id: "operator-9", name: "MTN Mobile Money Ghana", code: "MTN_GH", currency: "GHS" },
  { id: "operator-10", name: "Telecel Cash", code: "TELECEL_GH", currency: "GHS" },
];

function nigerian(rows: [id: string, name: string, code: string][]): Bank[] {
  return rows.map(([id, name, code]) => ({
    id,
    name,
    code,
    currency: "NGN",
    countryCode: "NG",
    countryName: "Nigeria",
  }));
}
