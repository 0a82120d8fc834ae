// Inputs that are valid by default: a test names only what it is about.
import { AddressInput } from "../../src/schema/address.input.js";
import {
  AchInput,
  EurBankInput,
  GbpBankInput,
  NgnBankInput,
  WireInput,
} from "../../src/schema/bank-destination.input.js";
import { CreateCustomerInput } from "../../src/schema/create-customer.input.js";
import { CreatePayoutInput } from "../../src/schema/payout.input.js";
import { PayoutAmountInput } from "../../src/schema/payout-amount.input.js";
import { InteracInput, MobileMoneyInput, PayoutDestinationInput } from "../../src/schema/payout-destination.input.js";

export type Values = Record<string, unknown>;

export function individual(values: Values = {}): CreateCustomerInput {
  return Object.assign(new CreateCustomerInput(), {
    type: "INDIVIDUAL",
    firstName: "Jane",
    lastName: "Roe",
    email: "jane.roe@example.com",
    country: "NG",
    idType: "PASSPORT",
    idNumber: "A12345678",
    ...values,
  });
}

export function business(values: Values = {}): CreateCustomerInput {
  return Object.assign(new CreateCustomerInput(), {
    type: "BUSINESS",
    businessName: "Example Trading Ltd",
    registrationNumber: "RC123456",
    incorporationCountry: "NG",
    country: "NG",
    email: "office@example.com",
    ...values,
  });
}

export function address(values: Values = {}): AddressInput {
  return Object.assign(new AddressInput(), {
    street: "1 Main Street",
    city: "New York",
    state: "NY",
    zipCode: "10001",
    country: "US",
    ...values,
  });
}

const american = {
  holderType: "INDIVIDUAL",
  accountName: "Jane Roe",
  accountNumber: "123456789012",
  accountType: "CHECKING",
  routingNumber: "021000021",
  bankName: "Example Bank",
};

export const destinations = {
  ngnBank: (values: Values = {}) =>
    Object.assign(new NgnBankInput(), { bankId: "1", accountNumber: "0222500691", ...values }),
  gbpBank: (values: Values = {}) =>
    Object.assign(new GbpBankInput(), {
      accountName: "Jane Roe",
      accountNumber: "12345678",
      sortCode: "20-00-00",
      address: address({ country: "GB", state: null }),
      ...values,
    }),
  eurBank: (values: Values = {}) =>
    Object.assign(new EurBankInput(), {
      accountName: "Jane Roe",
      iban: "DE89370400440532013000",
      bic: "COBADEFFXXX",
      address: address({ country: "DE", state: undefined }),
      ...values,
    }),
  ach: (values: Values = {}) => Object.assign(new AchInput(), { ...american, address: address(), ...values }),
  wire: (values: Values = {}) =>
    Object.assign(new WireInput(), { ...american, swiftCode: "CHASUS33", address: address(), ...values }),
  interac: (values: Values = {}) =>
    Object.assign(new InteracInput(), { email: "jane.roe@example.com", firstName: "Jane", lastName: "Roe", ...values }),
  mobileMoney: (values: Values = {}) =>
    Object.assign(new MobileMoneyInput(), {
      currency: "KES",
      operatorId: "operator-1",
      phoneNumber: "+254700000000",
      accountName: "Jane Roe",
      ...values,
    }),
};

export type Kind = keyof typeof destinations;

export function destination(kind: Kind, values: Values = {}): PayoutDestinationInput {
  return Object.assign(new PayoutDestinationInput(), { [kind]: destinations[kind](values) });
}

export function amount(values: Values): PayoutAmountInput {
  return Object.assign(new PayoutAmountInput(), values);
}

export function payout(values: Values = {}): CreatePayoutInput {
  return Object.assign(new CreatePayoutInput(), {
    idempotencyKey: "invoice-12",
    customerId: "5f0c1d7e-2b44-4b61-8a3c-7d1e9b2f4c10",
    walletId: "71d0a9c2-0001-4a6e-b0f1-000000000566",
    sourceCurrency: "USD",
    amount: amount({ send: "612.88" }),
    destination: destination("ngnBank"),
    ...values,
  });
}
