import { differencesOf } from "../domain/payout-order.js";
import type { PayoutChange } from "./changes.js";
import type { PayoutCommand } from "./commands.js";
import { fromPayoutCommand, toMethod, toTargetCurrency } from "./payout-body.js";
import { garbled, readAs } from "./provider-answer.js";
import type { BeforeSending, ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { newTransaction, toPayoutChange } from "./provider-transaction.js";
import { toPayoutOrder } from "./to-payout-order.js";

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
    const change = toPayoutChange(transaction, this.#provider);
    const difference = toDifference(command, change);
    if (difference) throw garbled(label, `the answer names another ${difference} than the payout, or none`);
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

/** Only a response about our reference and our order proves that the payout was accepted. */
function toDifference(command: PayoutCommand, { merchantReference, details }: PayoutChange): string | null {
  const isOurs = !merchantReference || merchantReference.toLowerCase() === command.merchantReference.toLowerCase();
  if (!isOurs) return "merchant reference";
  const amount = "send" in command.amount ? details.amount?.amount : details.recipient?.amount;
  if (!amount) return "amount";
  return differencesOf(toPayoutOrder(command), details)[0] ?? null;
}
