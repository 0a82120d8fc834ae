// What the gateway means to ask of the provider, in its own words.

import type { CustomerType, IdentificationType } from "../schema/customer.enum.js";
import type { AccountType } from "../schema/payout.enum.js";

/** Dates are YYYY-MM-DD. In an update a field left out keeps its value and null clears it. */
export interface CustomerFields {
  firstName?: string | null;
  lastName?: string | null;
  businessName?: string | null;
  email?: string | null;
  country?: string;
  idType?: IdentificationType | null;
  idNumber?: string | null;
  idIssueDate?: string | null;
  idExpiryDate?: string | null;
  registrationNumber?: string | null;
  incorporationCountry?: string | null;
  phone?: string | null;
  tin?: string | null;
  dateOfBirth?: string | null;
  street?: string | null;
  city?: string | null;
  state?: string | null;
  zipCode?: string | null;
}

export interface CreateCustomerCommand extends CustomerFields {
  type: CustomerType;
}

export interface Address {
  street: string;
  city: string;
  state?: string | null;
  zipCode?: string | null;
  country: string;
}

interface UsBankAccount {
  holderType: CustomerType;
  accountName: string;
  accountNumber: string;
  accountType: AccountType;
  routingNumber: string;
  bankName: string;
  address: Address;
}

export type PayoutDestination =
  | { kind: "ngnBank"; bankId: string; accountNumber: string }
  | { kind: "gbpBank"; accountName: string; accountNumber: string; sortCode: string; address: Address }
  | { kind: "eurBank"; accountName: string; iban: string; bic: string; address: Address }
  | ({ kind: "ach" } & UsBankAccount)
  | ({ kind: "wire"; swiftCode: string } & UsBankAccount)
  | { kind: "interac"; email: string; firstName: string; lastName: string }
  | { kind: "mobileMoney"; currency: string; operatorId: string; phoneNumber: string; accountName: string };

/** Exactly one of the two: what leaves the wallet, or what arrives. Decimals as text. */
export type PayoutAmount = { send: string } | { receive: string };

export interface PayoutCommand {
  /** Unique for each payout: the handle by which a lost one is found. */
  merchantReference: string;
  customerId: string;
  walletId: string;
  sourceCurrency: string;
  amount: PayoutAmount;
  destination: PayoutDestination;
  note?: string | null;
}
