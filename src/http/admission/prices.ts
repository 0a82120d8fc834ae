// What an operation costs: the objects that it could return, and what it could ask of the provider. With the default limit
// of 5000 no operation can lead to more than 25 calls.

/** For each object that could be returned. */
export const objectPrice = 1;
export const mutationPrice = 10;
export const providerCallPrice = 200;

/** Fields that may ask the provider. */
export const providerFields: ReadonlySet<string> = new Set([
  "Query.wallets",
  "Query.currencies",
  "Query.banks",
  "Query.mobileMoneyOperators",
  "Query.bankAccount",
  "Query.payoutQuotes",
  "Query.customer",
  "Query.payoutByTransaction",
]);

/** How long a list without `first` is taken to be. */
export const usualList = 50;
export const knownLists: Readonly<Record<string, number>> = {
  "Customer.documents": 10,
  "SubmitDocumentsPayload.documents": 10,
  // What one of them goes through; whoever asks for more by `first` pays for that.
  "Customer.statusChanges": 10,
  "Payout.statusChanges": 10,
};

/** Answered from memory, whatever is asked. */
export const freeFields: ReadonlySet<string> = new Set(["__schema", "__type", "__typename"]);
