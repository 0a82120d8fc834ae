// The payment's form: its values by name, what is wrong with them, and the input that they make.

import type { CreatePayoutInput, PayoutQuoteInput, WalletsQuery } from "../generated/operations";
import { type DestinationKind, destinations, type FieldSpec } from "./destinations";
import { amountRule, required } from "./field-rules";

export type Values = Readonly<Record<string, string>>;
export type Wallet = WalletsQuery["wallets"][number];

export function kindOf(values: Values): DestinationKind {
  return (values.kind ?? "ngnBank") as DestinationKind;
}

export function sideOf(values: Values): "send" | "receive" {
  return values.side === "receive" ? "receive" : "send";
}

/** The field's name among the values: each kind of destination keeps its own. */
export function nameOf(kind: DestinationKind, { path }: FieldSpec): string {
  return `${kind}.${path}`;
}

/** Where the words of what was chosen are kept, beside its id. */
export function wordsOf(name: string): string {
  return `${name} in words`;
}

export function targetCurrency(values: Values): string | null {
  const kind = kindOf(values);
  return destinations[kind].currency ?? values[`${kind}.currency`] ?? null;
}

/** What is wrong, by the field's name; empty where the form can be sent. */
export function faultsOf(values: Values, wallet: Wallet | null): Record<string, string> {
  const kind = kindOf(values);
  const target = targetCurrency(values);
  const currency = sideOf(values) === "send" ? wallet?.balance.currency : target;
  const faults: Record<string, string | null> = {
    walletId: wallet ? null : "Choose a wallet.",
    amount: required(values.amount ?? "") ?? (currency ? amountRule(currency)(values.amount ?? "") : null),
  };
  for (const field of destinations[kind].fields) {
    const value = values[nameOf(kind, field)] ?? "";
    faults[nameOf(kind, field)] = required(value) ?? field.rule(value);
  }
  return Object.fromEntries(Object.entries(faults).filter((entry): entry is [string, string] => entry[1] !== null));
}

export function toQuoteInput(values: Values, wallet: Wallet | null): PayoutQuoteInput | null {
  const target = targetCurrency(values);
  if (!wallet || !target || "amount" in faultsOf(values, wallet)) return null;
  return { sourceCurrency: wallet.balance.currency, targetCurrency: target, amount: toAmount(values) };
}

export function toPayoutInput(
  values: Values,
  wallet: Wallet,
  customerId: string,
): Omit<CreatePayoutInput, "idempotencyKey"> {
  const kind = kindOf(values);
  const given: Record<string, unknown> = {};
  for (const field of destinations[kind].fields) setPath(given, field.path, values[nameOf(kind, field)] ?? "");
  const note = values.note?.trim();
  return {
    customerId,
    walletId: wallet.id,
    sourceCurrency: wallet.balance.currency,
    amount: toAmount(values),
    destination: { [kind]: given } as unknown as CreatePayoutInput["destination"],
    ...(note ? { note } : {}),
  };
}

/** The form's field that a fault of the gateway speaks of. */
export function fieldOf(path: readonly string[] | null): string | null {
  if (!path) return null;
  const [first, kind, ...rest] = path;
  return first === "destination" && kind ? `${kind}.${rest.join(".")}` : (first ?? null);
}

function toAmount(values: Values): CreatePayoutInput["amount"] {
  const amount = values.amount ?? "";
  return sideOf(values) === "send" ? { send: amount } : { receive: amount };
}

function setPath(target: Record<string, unknown>, path: string, value: string): void {
  const [first = "", ...rest] = path.split(".");
  if (rest.length === 0) {
    target[first] = value;
    return;
  }
  target[first] ??= {};
  setPath(target[first] as Record<string, unknown>, rest.join("."), value);
}
