// Where the account does not keep references, a webhook is the only report of a payout whose response was lost. It ends the
// uncertainty where it fits one payout alone.

import { Big } from "big.js";
import type { SandboxTransaction } from "../../src/sandbox/sandbox.js";
import { bookedBy, keysById } from "./check-money.js";
import type { Evidence } from "./evidence.js";
import type { Payment } from "./plan.js";

export function checkMatches({ plan, books, history, stored, strikes }: Evidence): string[] {
  if (plan.keepsMerchantReference) return [];
  const reported = new Set(
    history.webhooks.flatMap(({ rawBody, isLie }) => {
      const { transaction_id: id } = JSON.parse(rawBody) as { transaction_id?: string };
      return id === undefined || isLie ? [] : [id];
    }),
  );
  const keys = keysById(stored);
  return stored.payouts.flatMap(({ id, status }) => {
    const key = keys.get(id) ?? "";
    const [booked] = bookedBy(books, key);
    if (status !== "UNCONFIRMED" || !booked || !reported.has(booked.id) || strikes.lied.has(key)) return [];
    const rivals = plan.payments.filter((payment) => payment.key !== key && fits(payment, booked));
    return rivals.length === 0 ? [`${key} is UNCONFIRMED, and a webhook fits it alone`] : [];
  });
}

function fits({ amount, destination }: Payment, { interac, ...booked }: SandboxTransaction): boolean {
  if ((destination === "interac") !== (interac !== null)) return false;
  return "send" in amount
    ? new Big(amount.send).eq(booked.amount)
    : new Big(amount.receive).eq(booked.recipient.amount);
}
