import type { MoneyValue, PayoutChange, PayoutDetails, RecipientDetails } from "../datasources/changes.js";
import type { PayoutStatus } from "../schema/payout.enum.js";
import type { PayoutEventFields } from "./event-fields.js";

// What the provider writes for every failure; only other words explain one.
const boilerplate =
  /^(the )?(transaction|payout|payment|transfer)? ?(has |is |was )?(failed|failure|completed|initiated|processing|pending|successful)[.!]?$/i;

export function toPayoutChange(body: PayoutEventFields, status: PayoutStatus): PayoutChange {
  const failureReason = status === "FAILED" ? toFailureReason(body) : undefined;
  const details: PayoutDetails = {
    reference: body.transaction_reference,
    customerId: body.customer_id ?? body.customer?.id,
    failureReason,
    amount: toMoney(body.transaction_amount, body.transaction_currency),
    fee: toMoney(body.transaction_fee, body.transaction_currency),
    recipient: toRecipient(body),
    interacInstruction: toInteracInstruction(body),
  };
  return {
    kind: "payout",
    transactionId: body.transaction_id,
    merchantReference: body.merchant_reference,
    status,
    // Only the wrapped variant of an event says when it happened.
    occurredAt: body.timestamp ?? null,
    reason: failureReason,
    details,
  };
}

function toMoney(amount: string | undefined, currency: string | undefined): MoneyValue | undefined {
  return amount === undefined || currency === undefined ? undefined : { amount, currency };
}

function toInteracInstruction({ extras }: PayoutEventFields): PayoutDetails["interacInstruction"] {
  const { question, answer } = extras?.interac_instruction ?? {};
  return question === undefined || answer === undefined ? undefined : { question, answer };
}

function toRecipient(body: PayoutEventFields): RecipientDetails | undefined {
  const { recipient } = body;
  if (recipient === undefined) return undefined;
  return {
    accountName: recipient.account_name,
    accountNumber: recipient.account_number ?? recipient.iban,
    bankName: recipient.bank_name,
    email: recipient.email,
    phoneNumber: recipient.phone_number,
    amount: recipient.amount,
    currency: toRecipientCurrency(body),
  };
}

/**
 * The event names only the wallet's currency. It is the recipient's too where the account is of a kind that only that
 * currency has; an equal amount would not prove it, since a rate can be exactly 1.
 */
function toRecipientCurrency({ recipient, extras, transaction_currency }: PayoutEventFields): string | undefined {
  const accountCurrencies = [
    extras?.interac_instruction && "CAD",
    recipient?.sort_code && "GBP",
    recipient?.iban && "EUR",
    recipient?.routing_number && "USD",
  ];
  return accountCurrencies.find((currency) => currency !== undefined && currency === transaction_currency);
}

function toFailureReason({ failure_reason, message }: PayoutEventFields): string | undefined {
  const said = [failure_reason, message].map((text) => text?.trim());
  return said.find((text) => text !== undefined && text !== "" && !boilerplate.test(text));
}
