// What the gateway means when it sends the bodies of `fixtures/provider/payout-bodies.json`.

import type { Address, PayoutCommand, PayoutDestination } from "../../src/datasources/commands.js";

const usAddress: Address = { street: "5 Elm Street", city: "Boston", state: "MA", zipCode: "02110", country: "US" };

const common = { merchantReference: "gw-1", customerId: "customer-1" };

export const payoutCommands: Record<PayoutDestination["kind"], PayoutCommand> = {
  ngnBank: {
    ...common,
    walletId: "wallet-ngn",
    sourceCurrency: "NGN",
    amount: { send: "5000.25" },
    destination: { kind: "ngnBank", bankId: "2", accountNumber: "0123456789" },
    note: "Invoice 7",
  },
  gbpBank: {
    ...common,
    walletId: "wallet-gbp",
    sourceCurrency: "GBP",
    amount: { send: "612.88" },
    destination: {
      kind: "gbpBank",
      accountName: "Mary Major",
      accountNumber: "87654321",
      sortCode: "04-00-04",
      address: { street: "1 High Street", city: "Leeds", state: "Yorkshire", zipCode: "LS1 1AA", country: "GB" },
    },
    note: null,
  },
  eurBank: {
    ...common,
    walletId: "wallet-eur",
    sourceCurrency: "EUR",
    amount: { receive: "20.0" },
    destination: {
      kind: "eurBank",
      accountName: "Marie Dupont",
      iban: "FR7630006000011234567890189",
      bic: "AGRIFRPP",
      address: { street: "2 rue de la Paix", city: "Paris", zipCode: "75002", country: "FR" },
    },
    note: "",
  },
  ach: {
    ...common,
    walletId: "wallet-usd",
    sourceCurrency: "USD",
    amount: { send: "0.1" },
    destination: {
      kind: "ach",
      holderType: "INDIVIDUAL",
      accountName: "Mary Major",
      accountNumber: "000111222333",
      accountType: "SAVINGS",
      routingNumber: "011000015",
      bankName: "First Example Bank",
      address: usAddress,
    },
  },
  wire: {
    ...common,
    walletId: "wallet-ngn",
    sourceCurrency: "NGN",
    amount: { receive: "9007199254740993.01" },
    destination: {
      kind: "wire",
      holderType: "BUSINESS",
      accountName: "Major Holdings Inc",
      accountNumber: "444555666777",
      accountType: "CHECKING",
      routingNumber: "011000015",
      swiftCode: "FEXBUS33",
      bankName: "First Example Bank",
      address: usAddress,
    },
  },
  interac: {
    ...common,
    walletId: "wallet-cad",
    sourceCurrency: "CAD",
    amount: { send: "20" },
    destination: { kind: "interac", email: "mary@example.com", firstName: "Mary", lastName: "Major" },
  },
  mobileMoney: {
    ...common,
    walletId: "wallet-usd",
    sourceCurrency: "USD",
    amount: { send: "100" },
    destination: {
      kind: "mobileMoney",
      currency: "KES",
      operatorId: "operator-7",
      phoneNumber: "+254711000000",
      accountName: "Mary Major",
    },
  },
};
