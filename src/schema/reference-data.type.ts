import { Field, ID, ObjectType } from "type-graphql";
import { DateTimeScalar } from "./date-time.scalar.js";
import { DecimalScalar } from "./decimal.scalar.js";
import { Money } from "./money.type.js";

@ObjectType({ simpleResolvers: true, description: "A balance at the provider from which payouts are made." })
export class Wallet {
  @Field(() => ID, { description: "The provider's wallet id." })
  id!: string;

  @Field(() => Money, { description: "What the wallet holds." })
  balance!: Money;

  @Field(() => Boolean, { description: "Whether payouts can be made from it." })
  active!: boolean;

  @Field(() => DateTimeScalar, { description: "When the provider said so: older while it cannot be reached." })
  asOf!: Date;
}

@ObjectType({ simpleResolvers: true, description: "A currency that the provider deals in." })
export class Currency {
  @Field(() => String, { description: "The currency's code, ISO 4217." })
  code!: string;

  @Field(() => String, { description: "The currency's name in English." })
  name!: string;

  @Field(() => Boolean, { description: "Whether the provider takes it at present." })
  active!: boolean;

  @Field(() => DateTimeScalar, { description: "When the provider said so: older while it cannot be reached." })
  asOf!: Date;
}

@ObjectType({ simpleResolvers: true, description: "A bank that the provider can pay to." })
export class Bank {
  @Field(() => ID, { description: "The provider's bank id." })
  id!: string;

  @Field(() => String, { nullable: true, description: "The bank's national code." })
  code!: string | null;

  @Field(() => String, { description: "The bank's name." })
  name!: string;

  @Field(() => String, { nullable: true, description: "The bank's country, ISO 3166-1 alpha-2." })
  country!: string | null;

  @Field(() => DateTimeScalar, { description: "When the provider said so: older while it cannot be reached." })
  asOf!: Date;
}

@ObjectType({ simpleResolvers: true, description: "A bank account with its holder's name, as the bank gives it." })
export class BankAccount {
  @Field(() => ID, { description: "The provider's bank id." })
  bankId!: string;

  @Field(() => String, { description: "The account's number." })
  accountNumber!: string;

  @Field(() => String, { description: "The account holder's name." })
  accountName!: string;
}

@ObjectType({ simpleResolvers: true, description: "A mobile money operator that the provider can pay to." })
export class MobileMoneyOperator {
  @Field(() => ID, { description: "The provider's operator id." })
  id!: string;

  @Field(() => String, { description: "The operator's name." })
  name!: string;

  @Field(() => String, { nullable: true, description: "The operator's code." })
  code!: string | null;

  @Field(() => DateTimeScalar, { description: "When the provider said so: older while it cannot be reached." })
  asOf!: Date;
}

@ObjectType({
  simpleResolvers: true,
  description: "What a payout would cost now by one method; the provider fixes the rate only when it pays.",
})
export class PayoutQuote {
  @Field(() => String, { description: "The method in the provider's spelling, e.g. BANK_TRANSFER." })
  method!: string;

  @Field(() => Money, { description: "What would leave the wallet, fees included." })
  youSend!: Money;

  @Field(() => Money, { description: "What would arrive." })
  recipientGets!: Money;

  @Field(() => Money, { description: "All fees together." })
  totalFees!: Money;

  @Field(() => DecimalScalar, { nullable: true, description: "Exchange rate, where the two currencies differ." })
  rate!: string | null;
}
