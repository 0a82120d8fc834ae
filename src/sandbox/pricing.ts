import { Big } from "big.js";
import { type Currency, rateBetween } from "./currencies.js";

export type PayoutMethod = "bank_transfer" | "interac" | "ach" | "wire" | "mobile_money";

/** How a currency is paid out: the first method is the usual one. */
export const payoutMethods: Record<string, readonly PayoutMethod[]> = {
  NGN: ["bank_transfer"],
  GBP: ["bank_transfer"],
  EUR: ["bank_transfer"],
  USD: ["ach", "wire"],
  CAD: ["interac"],
  KES: ["mobile_money"],
  UGX: ["mobile_money"],
  TZS: ["mobile_money"],
  XOF: ["mobile_money"],
  GHS: ["mobile_money"],
};

/** The provider's share of every payout, and what a method adds; both in the source currency. */
const ourShare = "0.01";
const methodShares: Record<PayoutMethod, string> = {
  bank_transfer: "0",
  ach: "0",
  wire: "0",
  interac: "0.01",
  mobile_money: "0",
};
const methodAmounts: Record<PayoutMethod, string> = {
  bank_transfer: "0",
  ach: "0",
  wire: "20",
  interac: "0",
  mobile_money: "0",
};

/** `send`: what leaves the wallet, fee inside. `receive`: what arrives, fee on top. */
export type AskedAmount = { send: Big } | { receive: Big };

export interface Price {
  /** What leaves the wallet. */
  amount: Big;
  amountWithoutFee: Big;
  fee: Big;
  ourFee: Big;
  methodFee: Big;
  rate: Big;
  recipientAmount: Big;
}

/** Undefined where the fee would eat the whole amount. */
export function priceOf(method: PayoutMethod, from: Currency, to: Currency, asked: AskedAmount): Price | undefined {
  const rate = rateBetween(from, to);
  const base = "send" in asked ? asked.send : sourceOf(asked.receive, rate, from);
  const ourFee = base.times(ourShare).round(from.decimals, Big.roundHalfUp);
  const methodFee = base.times(methodShares[method]).round(from.decimals, Big.roundHalfUp).plus(methodAmounts[method]);
  const fee = ourFee.plus(methodFee);
  const common = { fee, ourFee, methodFee, rate };
  if ("receive" in asked) {
    return { ...common, amount: base.plus(fee), amountWithoutFee: base, recipientAmount: asked.receive };
  }
  if (fee.gte(asked.send)) return undefined;
  const amountWithoutFee = asked.send.minus(fee);
  const recipientAmount = rate.eq(1)
    ? amountWithoutFee
    : amountWithoutFee.times(rate).round(to.decimals, Big.roundHalfUp);
  return { ...common, amount: asked.send, amountWithoutFee, recipientAmount };
}

/** Rounded up, so that the recipient's amount is covered. */
function sourceOf(received: Big, rate: Big, from: Currency): Big {
  return rate.eq(1) ? received : received.div(rate).round(from.decimals, Big.roundUp);
}
