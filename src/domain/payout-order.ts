// What was ordered, and whether a report is about it. Pure.

import { Big } from "big.js";

/** What a payout must keep to, whatever is reported of it. Decimals are text. */
export interface PayoutOrder {
  customerId: string;
  sourceCurrency: string;
  targetCurrency: string;
  /** Exactly one of the two amounts was ordered. */
  send: string | null;
  receive: string | null;
  /** Account number, IBAN or phone number of the recipient; null where there is none. */
  account: string | null;
  email: string | null;
}

/** The same facts as somebody reports them. What is absent is not compared. */
export interface ReportedOrder {
  customerId?: string | null | undefined;
  amount?: { amount: string; currency: string } | null | undefined;
  recipient?:
    | {
        amount?: string | null | undefined;
        currency?: string | null | undefined;
        accountNumber?: string | null | undefined;
        phoneNumber?: string | null | undefined;
        email?: string | null | undefined;
      }
    | null
    | undefined;
}

export type OrderField = "amount" | "currency" | "customer" | "recipient";

/** Which facts of the report contradict the order. */
export function differencesOf(order: PayoutOrder, report: ReportedOrder): OrderField[] {
  const { amount, recipient, customerId } = report;
  const found = new Set<OrderField>();
  if (order.send !== null && isOtherAmount(order.send, amount?.amount)) found.add("amount");
  if (order.receive !== null && isOtherAmount(order.receive, recipient?.amount)) found.add("amount");
  if (isOtherWord(order.sourceCurrency, amount?.currency)) found.add("currency");
  if (isOtherWord(order.targetCurrency, recipient?.currency)) found.add("currency");
  if (isOtherWord(order.customerId, customerId)) found.add("customer");
  const accounts = [recipient?.accountNumber, recipient?.phoneNumber];
  if (accounts.some((account) => isOtherAccount(order.account, account))) found.add("recipient");
  if (isOtherWord(order.email, recipient?.email)) found.add("recipient");
  return [...found];
}

/** Whether the report names everything by which one payment of a customer can be told from another. */
export function isFullMatch(order: PayoutOrder, report: ReportedOrder): boolean {
  const { amount, recipient, customerId } = report;
  const reported = order.send === null ? recipient?.amount : amount?.amount;
  const destination = order.account === null ? (recipient?.email ?? null) : (recipient?.accountNumber ?? null);
  const isComplete = Boolean(reported && amount?.currency && customerId && (destination ?? order.email !== null));
  return isComplete && differencesOf(order, report).length === 0;
}

/** The order as it stands once an operator has accepted a report that differs from it. */
export function acceptedOrder(order: PayoutOrder, report: ReportedOrder): PayoutOrder {
  const { amount, recipient, customerId } = report;
  const isOtherRecipient = differencesOf(order, report).includes("recipient");
  const account = recipient?.accountNumber ?? recipient?.phoneNumber ?? null;
  return {
    customerId: customerId ?? order.customerId,
    sourceCurrency: amount?.currency ?? order.sourceCurrency,
    targetCurrency: recipient?.currency ?? order.targetCurrency,
    send: order.send === null ? null : (amount?.amount ?? order.send),
    receive: order.receive === null ? null : (recipient?.amount ?? order.receive),
    // A masked account cannot be compared with a full one.
    account: isOtherRecipient ? (account !== null && mask.test(account) ? null : account) : order.account,
    email: isOtherRecipient ? (recipient?.email ?? null) : order.email,
  };
}

function isOtherAmount(ordered: string, reported: string | null | undefined): boolean {
  return reported !== null && reported !== undefined && !new Big(ordered).eq(reported);
}

function isOtherWord(ordered: string | null, reported: string | null | undefined): boolean {
  return Boolean(ordered && reported) && ordered?.trim().toLowerCase() !== reported?.trim().toLowerCase();
}

const shortestTail = 6;
const mask = /[*•#]|x(?=x)|x(?=\d)/i;

/** Written with or without blanks, dashes, a leading plus or zeros; masked but for its end; or the end of the longer form. */
function isOtherAccount(ordered: string | null, reported: string | null | undefined): boolean {
  if (!ordered || !reported) return false;
  const known = plainAccount(ordered);
  if (mask.test(reported)) {
    const shown = /[a-z0-9]*$/i.exec(reported.replace(/x+(?=\d*$)/i, "*"))?.[0] ?? "";
    return !known.endsWith(plainAccount(shown, false));
  }
  const told = plainAccount(reported);
  if (known === told) return false;
  const [longer, shorter] = known.length > told.length ? [known, told] : [told, known];
  return shorter.length < shortestTail || !longer.endsWith(shorter);
}

function plainAccount(account: string, dropsZeros = true): string {
  const plain = account.replace(/[^a-z0-9]/gi, "").toUpperCase();
  return dropsZeros ? plain.replace(/^0+/, "") : plain;
}
