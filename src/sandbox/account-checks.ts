// What banks would say about an account: the same for the look-ups and for a payout to it.
import { createHash } from "node:crypto";
import { banks } from "./banks.js";
import { closeNameWord, mismatchedNameWord, unknownAccountNumber } from "./magic-values.js";

const knownHolders: Record<string, string> = { "0222500691": "Ada Obi" };
const firstNames = ["Chidi", "Ngozi", "Emeka", "Amara", "Tunde", "Zainab", "Ifeoma", "Segun"];
const lastNames = ["Okafor", "Adeyemi", "Balogun", "Eze", "Ibrahim", "Nwosu", "Ojo", "Danjuma"];

/** The holder of a Nigerian account: always the same name for the same number, none for an unknown one. */
export function enquireName(bankId: string, accountNumber: string): string | undefined {
  const isBank = banks.some((bank) => bank.id === bankId && bank.currency === "NGN");
  if (!isBank || !/^\d{10}$/.test(accountNumber) || accountNumber === unknownAccountNumber) return undefined;
  const [first = 0, last = 0] = createHash("sha256").update(accountNumber).digest();
  return (
    knownHolders[accountNumber] ?? `${firstNames[first % firstNames.length]} ${lastNames[last % lastNames.length]}`
  );
}

export interface PayeeMatch {
  isMatched: boolean;
  code: string | null;
  suggestedName: string | null;
}

export function confirmPayee(accountName: string): PayeeMatch {
  if (accountName.includes(closeNameWord)) {
    const suggestedName = accountName.replace(closeNameWord, "").replace(/ +/g, " ").trim() || "Jane Roe";
    return { isMatched: false, code: "MBAM", suggestedName };
  }
  if (accountName.includes(mismatchedNameWord)) return { isMatched: false, code: "ANNM", suggestedName: null };
  return { isMatched: true, code: null, suggestedName: null };
}

const sepaCountries =
  "AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GI GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO SE SI SK SM VA";

export function isSepaReachable(iban: string): boolean {
  return sepaCountries.split(" ").includes(normalisedIban(iban).slice(0, 2));
}

export function isIban(text: string): boolean {
  const iban = normalisedIban(text);
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(iban)) return false;
  const digits = (iban.slice(4) + iban.slice(0, 4)).replace(/[A-Z]/g, (letter) => String(Number.parseInt(letter, 36)));
  return BigInt(digits) % 97n === 1n;
}

export function isRoutingNumber(text: string): boolean {
  const weights = [3, 7, 1];
  const sum = [...text].reduce((total, digit, place) => total + Number(digit) * (weights[place % 3] ?? 0), 0);
  return /^\d{9}$/.test(text) && sum % 10 === 0;
}

function normalisedIban(text: string): string {
  return text.replaceAll(" ", "").toUpperCase();
}
