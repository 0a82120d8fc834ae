import { IsOptional, ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { AchInput, EurBankInput, GbpBankInput, NgnBankInput, WireInput } from "./bank-destination.input.js";
import { mobileMoneyCurrency } from "./bank-rules.js";
import { OneOf } from "./one-of.js";
import { Required } from "./presence.decorator.js";
import { email, id, phone, shortText } from "./text-rules.js";

@InputType({ description: "A recipient of an Interac e-Transfer in Canada (CAD)." })
export class InteracInput {
  @Field(() => String, { description: "Where the transfer is announced." })
  @Required(email)
  email!: string;

  @Field(() => String, { description: "The recipient's first name." })
  @Required(shortText)
  firstName!: string;

  @Field(() => String, { description: "The recipient's last name." })
  @Required(shortText)
  lastName!: string;
}

@InputType({ description: "A mobile money account (KES, UGX, TZS, XOF, GHS)." })
export class MobileMoneyInput {
  @Field(() => String, { description: "The account's currency: KES, UGX, TZS, XOF or GHS." })
  @Required(mobileMoneyCurrency)
  currency!: string;

  @Field(() => ID, { description: "The operator, by its id in `mobileMoneyOperators`." })
  @Required(id)
  operatorId!: string;

  @Field(() => String, { description: "The account's number in the international form, e.g. +254700000000." })
  @Required(phone)
  phoneNumber!: string;

  @Field(() => String, { description: "The account holder's name." })
  @Required(shortText)
  accountName!: string;
}

@OneOf()
@InputType({ description: "Where a payout goes: exactly one of these." })
export class PayoutDestinationInput {
  @Field(() => NgnBankInput, { nullable: true, description: "A bank account in Nigeria." })
  @IsOptional()
  @ValidateNested()
  ngnBank?: NgnBankInput | null;

  @Field(() => GbpBankInput, { nullable: true, description: "A bank account in the United Kingdom." })
  @IsOptional()
  @ValidateNested()
  gbpBank?: GbpBankInput | null;

  @Field(() => EurBankInput, { nullable: true, description: "A bank account within SEPA." })
  @IsOptional()
  @ValidateNested()
  eurBank?: EurBankInput | null;

  @Field(() => AchInput, { nullable: true, description: "A bank account in the United States, by ACH." })
  @IsOptional()
  @ValidateNested()
  ach?: AchInput | null;

  @Field(() => WireInput, { nullable: true, description: "A bank account in the United States, by wire." })
  @IsOptional()
  @ValidateNested()
  wire?: WireInput | null;

  @Field(() => InteracInput, { nullable: true, description: "An Interac e-Transfer in Canada." })
  @IsOptional()
  @ValidateNested()
  interac?: InteracInput | null;

  @Field(() => MobileMoneyInput, { nullable: true, description: "A mobile money account." })
  @IsOptional()
  @ValidateNested()
  mobileMoney?: MobileMoneyInput | null;
}
