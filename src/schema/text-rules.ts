import { isEmail, isISO4217CurrencyCode, isISO31661Alpha2 } from "class-validator";
import { isValidPhoneNumber } from "libphonenumber-js";
import { isCalendarDate, todayUtc } from "./calendar-date.js";

/** What is wrong with a text, as the rest of a sentence that begins with the field's name; null where nothing is. */
export type TextRule = (text: string) => string | null;

// Control characters, halves of surrogate pairs and line separators are never part of what a bank form holds.
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Cs}]/u;
const URL_SYNTAX = /[/\\?#%]/;
const LATIN_CAPITALS = /^[A-Z]+$/;

export function pattern(expression: RegExp, complaint: string): TextRule {
  return (text) => (expression.test(text) ? null : complaint);
}

export function firstComplaint(...rules: TextRule[]): TextRule {
  return (text) => {
    for (const rule of rules) {
      const complaint = rule(text);
      if (complaint !== null) {
        return complaint;
      }
    }
    return null;
  };
}

export function atMost(characters: number): TextRule {
  return (text) => ([...text].length <= characters ? null : `must have at most ${characters} characters`);
}

/** Holds for every text, whatever else it must be. */
export const printable: TextRule = (text) => {
  if (text.trim() === "") {
    return "must not be blank";
  }
  return UNPRINTABLE.test(text) ? "must not have control characters or broken ones" : null;
};

export const shortText = atMost(255);

export const visibleKey = firstComplaint(shortText, (text) =>
  INVISIBLE.test(text) ? "must have visible characters only" : null,
);

/** Ids become parts of the provider's URLs: none may climb out of its place. */
export const id = firstComplaint(visibleKey, (text) =>
  URL_SYNTAX.test(text) || text === "." || text === ".." ? "must be an id as the gateway gave it" : null,
);

export const email = firstComplaint(shortText, (text) => (isEmail(text) ? null : "must be an e-mail address"));

export const phone: TextRule = (text) =>
  /^\+\d+$/.test(text) && isValidPhoneNumber(text)
    ? null
    : "must be a phone number in the international form, e.g. +2348012345678";

// The lists are searched without regard to case, but the provider is sent what the caller wrote.
export const country: TextRule = (text) =>
  LATIN_CAPITALS.test(text) && isISO31661Alpha2(text) ? null : "must be a country's two capital letters, ISO 3166-1";

export const currency: TextRule = (text) =>
  LATIN_CAPITALS.test(text) && isISO4217CurrencyCode(text)
    ? null
    : "must be a currency's three capital letters, ISO 4217";

const calendarDate: TextRule = (text) => (isCalendarDate(text) ? null : "must be a date that exists, as YYYY-MM-DD");

export const pastDate = firstComplaint(calendarDate, (text) => (text < todayUtc() ? null : "must be in the past"));

export const dateUntilToday = firstComplaint(calendarDate, (text) =>
  text <= todayUtc() ? null : "must not be in the future",
);

export const futureDate = firstComplaint(calendarDate, (text) => (text > todayUtc() ? null : "must be in the future"));

export const fileName = firstComplaint(shortText, (text) =>
  /[/\\]/.test(text) || text === "." || text === ".." ? "must be a file's name without folders" : null,
);
