import type { PayoutChange } from "./changes.js";
import type { PayoutCommand } from "./commands.js";
import { isSameAmount } from "./exact-number.js";
import { fromPayoutCommand, toMethod, toTargetCurrency } from "./payout-body.js";
import { garbled, readAs } from "./provider-answer.js";
import type { BeforeSending, ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { newTransaction, type ProviderTransaction, toPayoutChange } from "./provider-transaction.js";

/** The provider's id of a currency; null where it has none by that code. */
export type CurrencyIdByCode = (code: string) => Promise<string | null>;

const label = "POST /payout";

export class PayoutsDataSource {
  readonly #provider: ProviderClient;
  readonly #currencyIdByCode: CurrencyIdByCode;

  constructor(provider: ProviderClient, currencyIdByCode: CurrencyIdByCode) {
    this.#provider = provider;
    this.#currencyIdByCode = currencyIdByCode;
  }

  /** `beforeSending` runs right before the bytes go out; where it throws, nothing is sent. */
  async create(command: PayoutCommand, beforeSending?: BeforeSending): Promise<PayoutChange> {
    const body = fromPayoutCommand(command, await this.#toCurrencyOnTheWire(command));
    const transaction = readAs(label, newTransaction, await this.#send(body, beforeSending));
    const difference = toDifference(command, transaction);
    if (difference) throw garbled(label, `the answer has another ${difference} than the payout`);
    const change = toPayoutChange(transaction, this.#provider);
    return { ...change, details: { ...change.details, method: toMethod(command.destination) } };
  }

  #send(body: Record<string, unknown>, beforeSending?: BeforeSending): Promise<unknown> {
    return this.#provider.post("/payout", body, "payout", beforeSending ? { beforeSending } : {});
  }

  /** Mobile money wants the id: a code like XOF stands for several countries. */
  async #toCurrencyOnTheWire({ destination }: PayoutCommand): Promise<string> {
    const code = toTargetCurrency(destination);
    if (destination.kind !== "mobileMoney") return code;
    try {
      return (await this.#currencyIdByCode(code)) ?? code;
    } catch (error) {
      throw isProviderError(error) ? error.asNotDone() : error;
    }
  }
}

/** What the provider says back must be what was asked for; what it leaves out cannot be compared. */
function toDifference(command: PayoutCommand, transaction: ProviderTransaction): string | null {
  const { recipient } = transaction;
  if (isOther(transaction.merchant_reference, command.merchantReference)) return "merchant reference";
  if (isOther(transaction.business_customer_id, command.customerId)) return "customer";
  if (isOther(transaction.currency, command.sourceCurrency)) return "source currency";
  if (isOther(recipient?.currency, toTargetCurrency(command.destination))) return "target currency";
  const [said, meant] =
    "send" in command.amount ? [transaction.amount, command.amount.send] : [recipient?.amount, command.amount.receive];
  return said && !isSameAmount(said, meant) ? "amount" : null;
}

function isOther(said: string | null | undefined, meant: string): boolean {
  return Boolean(said) && said?.toLowerCase() !== meant.toLowerCase();
}
