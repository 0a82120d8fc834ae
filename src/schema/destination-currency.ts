import { PayoutMethod } from "./payout.enum.js";
import type { PayoutDestinationInput } from "./payout-destination.input.js";

export type DestinationKind = keyof PayoutDestinationInput;

const methods: Record<DestinationKind, PayoutMethod> = {
  ngnBank: PayoutMethod.BANK_TRANSFER,
  gbpBank: PayoutMethod.BANK_TRANSFER,
  eurBank: PayoutMethod.BANK_TRANSFER,
  ach: PayoutMethod.ACH,
  wire: PayoutMethod.WIRE,
  interac: PayoutMethod.INTERAC,
  mobileMoney: PayoutMethod.MOBILE_MONEY,
};

const currencies: Record<Exclude<DestinationKind, "mobileMoney">, string> = {
  ngnBank: "NGN",
  gbpBank: "GBP",
  eurBank: "EUR",
  ach: "USD",
  wire: "USD",
  interac: "CAD",
};

export const destinationKinds = Object.keys(methods) as DestinationKind[];

/** Which destination is given. Only for inputs that were validated: there is exactly one. */
export function destinationKind(destination: PayoutDestinationInput): DestinationKind {
  const kind = destinationKinds.find((name) => destination[name] !== undefined && destination[name] !== null);
  if (kind === undefined) {
    throw new Error("The destination is empty: it was not validated.");
  }
  return kind;
}

export function destinationMethod(destination: PayoutDestinationInput): PayoutMethod {
  return methods[destinationKind(destination)];
}

/** The currency in which the recipient is paid, ISO 4217. */
export function destinationCurrency(destination: PayoutDestinationInput): string {
  const kind = destinationKind(destination);
  return kind === "mobileMoney" ? (destination.mobileMoney?.currency ?? "") : currencies[kind];
}
