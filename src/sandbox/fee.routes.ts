import { Big } from "big.js";
import type { FastifyInstance } from "fastify";
import { FieldErrors, refusedWithFlag } from "./api-error.js";
import { type Currency, findCurrency } from "./currencies.js";
import { toExactNumber } from "./exact-json.js";
import { type AskedAmount, type PayoutMethod, type Price, payoutMethods, priceOf } from "./pricing.js";
import { amountOf, type Fields, idOf, toFields } from "./request-fields.js";

const cardShare = "0.02";

export function registerFeeRoutes(app: FastifyInstance): void {
  app.post("/fees/breakdown", { config: { scope: "fees:read" } }, async (request) => {
    const body = toFields(request.body);
    const from = findCurrency(idOf(body, "from_currency_id") ?? "");
    const to = findCurrency(idOf(body, "to_currency_id") ?? "");
    const asked = readAsked(body);
    if (from === undefined || to === undefined || asked === undefined) throw invalid();
    const quotes = quotesFor(from, to, asked);
    const [usual] = quotes;
    if (usual === undefined) throw refusedWithFlag(400, "The fee must be less than the amount.");
    return {
      our_fee: toExactNumber(usual.price.ourFee),
      collection_fees: [toEntry("CARD", withCard(usual.price, from, to, asked), asked)],
      payout_fees: quotes.map(({ method, price }) => toEntry(method.toUpperCase(), price, asked)),
    };
  });
}

function quotesFor(from: Currency, to: Currency, asked: AskedAmount): { method: PayoutMethod; price: Price }[] {
  return (payoutMethods[to.code] ?? []).flatMap((method) => {
    const price = priceOf(method, from, to, asked);
    return price === undefined ? [] : [{ method, price }];
  });
}

function readAsked(body: Fields): AskedAmount | undefined {
  const errors = new FieldErrors();
  const send = amountOf(body, "from_amount", errors);
  const receive = amountOf(body, "to_amount", errors);
  if ((send === undefined) === (receive === undefined)) return undefined;
  return send === undefined ? { receive: receive ?? new Big(0) } : { send };
}

/** Paying in by card costs a share of its own, which a payout from a wallet never pays. */
function withCard(price: Price, from: Currency, to: Currency, asked: AskedAmount): Price {
  const base = "send" in asked ? asked.send : price.amountWithoutFee;
  const methodFee = base.times(cardShare).round(from.decimals, Big.roundHalfUp);
  const fee = price.ourFee.plus(methodFee);
  if ("receive" in asked) return { ...price, methodFee, fee, amount: base.plus(fee) };
  const amountWithoutFee = asked.send.minus(fee);
  const recipientAmount = amountWithoutFee.times(price.rate).round(to.decimals, Big.roundHalfUp);
  return { ...price, methodFee, fee, amountWithoutFee, recipientAmount };
}

function toEntry(method: string, price: Price, asked: AskedAmount): Record<string, unknown> {
  return {
    method,
    amount: toExactNumber(price.methodFee),
    fee: toExactNumber(price.methodFee),
    you_send: toExactNumber(price.amount),
    total_amount_to_send: toExactNumber(price.amountWithoutFee),
    recipient_gets: toExactNumber(price.recipientAmount),
    our_fee: toExactNumber(price.ourFee),
    total_fees: toExactNumber(price.fee),
    amountIsRecipientGets: "receive" in asked,
    amountIsYouSend: "send" in asked,
    rate: toExactNumber(price.rate),
  };
}

function invalid() {
  return refusedWithFlag(400, "Invalid request parameters");
}
