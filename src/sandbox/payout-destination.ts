import { randomUUID } from "node:crypto";
import { confirmPayee, enquireName, isSepaReachable } from "./account-checks.js";
import { refused } from "./api-error.js";
import { banks, mobileMoneyOperators } from "./banks.js";
import type { PayoutRequest } from "./payout-fields.js";
import type { PayoutRecipient } from "./payouts.js";

/** Who gets the money, as the receiving bank confirms it; refused where it does not. */
export function toRecipient({ method, to, destination }: PayoutRequest, amount: string): PayoutRecipient {
  const recipient: PayoutRecipient = {
    id: randomUUID(),
    accountName: destination.account_name ?? "",
    accountNumber: destination.account_number ?? null,
    bankName: destination.bank_name ?? null,
    bankCode: null,
    sortCode: destination.sort_code ?? null,
    iban: destination.iban ?? null,
    routingNumber: destination.routing_number ?? null,
    email: destination.email ?? null,
    amount,
  };
  if (method === "interac") {
    return { ...recipient, accountName: `${destination.interac_first_name} ${destination.interac_last_name}` };
  }
  if (method === "mobile_money") return toMobileMoney(recipient, to.code, destination);
  if (method === "bank_transfer" && to.code === "NGN") return toNigerianAccount(recipient, destination);
  if (to.code === "GBP") {
    if (!confirmPayee(recipient.accountName).isMatched) {
      throw refused(400, "The account name does not match the name on file at the recipient's bank.");
    }
    return { ...recipient, bankName: "Barclays" };
  }
  if (to.code === "EUR") {
    if (!isSepaReachable(destination.iban ?? "")) throw refused(400, "The recipient's bank is not reachable by SEPA.");
    return { ...recipient, accountNumber: recipient.iban, bankName: destination.bic_code ?? null };
  }
  return recipient;
}

function toNigerianAccount(recipient: PayoutRecipient, destination: Record<string, string>): PayoutRecipient {
  const bank = banks.find(({ id }) => id === destination.bank_id);
  const name = enquireName(destination.bank_id ?? "", destination.account_number ?? "");
  if (bank === undefined || name === undefined) throw refused(400, "Invalid account number or bank code");
  return { ...recipient, accountName: name, bankName: bank.name, bankCode: bank.code };
}

/** The phone stands in for the account number and the operator for the bank. */
function toMobileMoney(
  recipient: PayoutRecipient,
  currency: string,
  destination: Record<string, string>,
): PayoutRecipient {
  const operator = mobileMoneyOperators.find(
    (candidate) => candidate.id === destination.mobile_money_operator_id && candidate.currency === currency,
  );
  if (operator === undefined) throw refused(400, "Invalid mobile money operator");
  return {
    ...recipient,
    accountNumber: destination.phone_number ?? null,
    bankName: operator.name,
    bankCode: operator.code,
  };
}
