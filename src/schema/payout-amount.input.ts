import { Field, InputType } from "type-graphql";
import { positiveAmount } from "./amount.decorator.js";
import { DecimalScalar } from "./decimal.scalar.js";
import { OneOf } from "./one-of.js";
import { Optional } from "./presence.decorator.js";

export const amountMembers = ["send", "receive"] as const;

@OneOf()
@InputType({ description: "How much to pay, seen from either end; more than zero." })
export class PayoutAmountInput {
  @Field(() => DecimalScalar, {
    nullable: true,
    description: "What leaves the wallet, fee included, in the wallet's currency.",
  })
  @Optional(positiveAmount)
  send?: string | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: "What arrives, exactly, in the destination's currency.",
  })
  @Optional(positiveAmount)
  receive?: string | null;
}
