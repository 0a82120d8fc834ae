// Whether a customer of the provider's is the one that a command asked for.

import type { CustomerChange, CustomerDetails } from "./changes.js";
import type { CreateCustomerCommand } from "./commands.js";

type Text = string | null | undefined;

/** What a customer is recognised by. Absent or null: the provider says nothing of it. */
export interface CustomerTraits extends Omit<CustomerDetails, "country" | "createdAt"> {
  idNumber?: Text;
  registrationNumber?: Text;
}

/** Whether the response to a command describes another customer: another type, e-mail address or name. */
export function namesAnother(command: CreateCustomerCommand, traits: CustomerTraits): boolean {
  const { type, email, firstName, lastName, businessName } = command;
  if (traits.type && traits.type !== type) return true;
  if (email && differs(traits.email, email)) return true;
  if (type === "BUSINESS") return differs(traits.businessName, businessName);
  return differs(traits.firstName, firstName) || differs(traits.lastName, lastName);
}

/** Whether a customer that was looked up fits the command. What the provider leaves out or masks does not contradict it. */
export function fits(command: CreateCustomerCommand, traits: CustomerTraits): boolean {
  if (namesAnother(command, traits)) return false;
  return command.type === "BUSINESS"
    ? !isOtherNumber(traits.registrationNumber, command.registrationNumber)
    : !isOtherNumber(traits.idNumber, command.idNumber);
}

export function isSameEmail(a: string, b: string): boolean {
  return normalised(a) === normalised(b);
}

/** An accepted customer with everything that the mirror needs. */
export function completed(change: CustomerChange, command: CreateCustomerCommand): CustomerChange {
  const { details } = change;
  const { type, email, country } = command;
  return {
    ...change,
    // A new customer is PENDING. That is no news where the status has moved already.
    ...(change.status ? {} : { status: "PENDING", ifUnmovedSince: 0 }),
    details: {
      ...details,
      type: details.type ?? type,
      firstName: details.firstName ?? (type === "INDIVIDUAL" ? (command.firstName ?? null) : null),
      lastName: details.lastName ?? (type === "INDIVIDUAL" ? (command.lastName ?? null) : null),
      businessName: details.businessName ?? (type === "BUSINESS" ? (command.businessName ?? null) : null),
      ...((details.email ?? email) ? { email: details.email ?? (email as string) } : {}),
      ...((details.country ?? country) ? { country: details.country ?? (country as string) } : {}),
    },
  };
}

function differs(given: Text, expected: Text): boolean {
  return Boolean(given) && normalised(given as string) !== normalised(expected ?? "");
}

function isOtherNumber(given: Text, expected: Text): boolean {
  if (!given || /[*•]/.test(given)) return false;
  const plain = (number: string) => normalised(number).replace(/[\s./-]/g, "");
  return plain(given) !== plain(expected ?? "");
}

function normalised(text: string): string {
  return text.normalize("NFC").trim().replace(/\s+/g, " ").toLowerCase();
}
