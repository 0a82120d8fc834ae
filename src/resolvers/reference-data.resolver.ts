import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import type { PayoutAmount } from "../datasources/commands.js";
import { PayoutQuoteInput } from "../schema/payout.input.js";
import {
  Bank,
  BankAccount,
  Currency,
  MobileMoneyOperator,
  PayoutQuote,
  Wallet,
} from "../schema/reference-data.type.js";
import { badUserInput, requireValid } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

@Resolver()
export class ReferenceDataResolver {
  @Query(() => [Wallet], { description: "The balances at the provider from which payouts are made." })
  wallets(@Ctx() { referenceData }: RequestContext) {
    return referenceData.wallets();
  }

  @Query(() => [Currency], { description: "The currencies that the provider deals in." })
  currencies(@Ctx() { referenceData }: RequestContext) {
    return referenceData.currencies();
  }

  @Query(() => [Bank], { description: "The banks that the provider can pay to." })
  banks(
    @Arg("currency", () => String, { nullable: true, description: "Only banks of this currency, ISO 4217." })
    currency: string | null,
    @Arg("country", () => String, { nullable: true, description: "Only banks of this country, ISO 3166-1 alpha-2." })
    country: string | null,
    @Ctx() { referenceData }: RequestContext,
  ) {
    requireCode("currency", currency, /^[A-Z]{3}$/);
    requireCode("country", country, /^[A-Z]{2}$/);
    return referenceData.banks({ currency, country });
  }

  @Query(() => [MobileMoneyOperator], { description: "The mobile money operators of a currency." })
  mobileMoneyOperators(
    @Arg("currency", () => String, { description: "The currency's code, ISO 4217." }) currency: string,
    @Ctx() { referenceData }: RequestContext,
  ) {
    requireCode("currency", currency, /^[A-Z]{3}$/);
    return referenceData.mobileMoneyOperators(currency);
  }

  @Query(() => BankAccount, {
    nullable: true,
    description: "The account holder's name, as the bank gives it; null where the bank does not know the account.",
  })
  bankAccount(
    @Arg("bankId", () => ID, { description: "The bank, by its id in `banks`." }) bankId: string,
    @Arg("accountNumber", () => String, { description: "The account's number." }) accountNumber: string,
    @Ctx() { referenceData }: RequestContext,
  ) {
    requireCode("bankId", bankId, /^[\w-]{1,64}$/);
    requireCode("accountNumber", accountNumber, /^[\w -]{1,40}$/);
    return referenceData.bankAccount(bankId, accountNumber);
  }

  @Query(() => [PayoutQuote], {
    description: "What a payout would cost now, by each method that the provider offers for the two currencies.",
  })
  payoutQuotes(
    @Arg("input", () => PayoutQuoteInput, { description: "The payment whose cost is asked for." })
    input: PayoutQuoteInput,
    @Ctx() { referenceData }: RequestContext,
  ) {
    const { sourceCurrency, targetCurrency, amount } = requireValid("input", input);
    const either = amount.send ? { send: amount.send } : { receive: amount.receive };
    return referenceData.payoutQuotes(sourceCurrency, targetCurrency, either as PayoutAmount);
  }
}

function requireCode(name: string, value: string | null | undefined, form: RegExp): void {
  if (value === null || value === undefined || form.test(value)) return;
  throw badUserInput(`${name} has not the form of one.`);
}
