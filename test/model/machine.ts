// The product's rules as the model drives them: the real functions of src/domain, and the checks that the journal's SQL
// makes around them. A seeded mistake replaces one of them.

import { isRejected, type PayoutLife, type PayoutResponse, step } from "../../src/domain/payout-life.js";
import { differencesOf, type PayoutOrder, type ReportedOrder } from "../../src/domain/payout-order.js";
import { judgeReport } from "../../src/domain/payout-status.js";
import { type Response, transactionId, type World } from "./world.js";

export interface Machine {
  step: typeof step;
  judgeReport: typeof judgeReport;
  isRejected: typeof isRejected;
  /** Whether the report is about something else than the order. */
  isMismatch(report: ReportedOrder): boolean;
  toResponse(response: Response): PayoutResponse;
  canProveAbsence(world: World): boolean;
  /** The check of the lease, right before the bytes go out: `permitSending`. */
  holdsLease(world: World, node: 0 | 1): boolean;
  /** Whether the node may take the intent: `claimIntent`. */
  isFree(world: World, node: 0 | 1): boolean;
  appliesAcceptedWithoutLease: boolean;
  derivesReference: boolean;
  /** A node's own clock decides something. Without that, the clocks are left out of the states. */
  readsNodeClock: boolean;
}

const order: PayoutOrder = {
  customerId: "customer",
  sourceCurrency: "NGN",
  targetCurrency: "NGN",
  send: "5000.00",
  receive: null,
  account: "0222500691",
  email: null,
};

export const asOrdered: ReportedOrder = {
  customerId: "customer",
  amount: { amount: "5000", currency: "NGN" },
  recipient: { accountNumber: "0222500691", currency: "NGN" },
};

export const otherReports: readonly ReportedOrder[] = [
  { ...asOrdered, amount: { amount: "9000.00", currency: "NGN" } },
  { ...asOrdered, amount: { amount: "5000", currency: "USD" } },
  { ...asOrdered, customerId: "somebody else" },
  { ...asOrdered, recipient: { accountNumber: "0999999999", currency: "NGN" } },
];

const rejection = "[]";

const responses: Record<Response, PayoutResponse> = {
  NOT_SENT: { type: "NOT_SENT" },
  ACCEPTED: { type: "ACCEPTED", status: "PENDING", transactionId },
  ACCEPTED_UNKNOWN_WORD: { type: "ACCEPTED", status: null, transactionId },
  MISMATCH: { type: "UNKNOWN" },
  REJECTED: { type: "REJECTED", rejection },
  OTHER_REJECTION: { type: "OTHER_REJECTION", rejection },
  FORBIDDEN: { type: "FORBIDDEN" },
  RATE_LIMITED: { type: "RATE_LIMITED", waitMs: 1 },
  CONFLICT: { type: "CONFLICT" },
  UNKNOWN: { type: "UNKNOWN" },
};

export const product: Machine = {
  step,
  judgeReport,
  isRejected,
  isMismatch: (report) => differencesOf(order, report).length > 0,
  toResponse: (response) => responses[response],
  canProveAbsence: ({ isLearned }) => isLearned,
  holdsLease: ({ holder, leaseLeft }, node) => holder === node + 1 && leaseLeft > 0,
  isFree: ({ leaseLeft }) => leaseLeft === 0,
  appliesAcceptedWithoutLease: true,
  derivesReference: true,
  readsNodeClock: false,
};

/** What a repeated key returns, in the words of `createPayout`. */
export function resultOfKey(machine: Machine, life: PayoutLife): string {
  return machine.isRejected(life) ? "a rejection" : life.status;
}
