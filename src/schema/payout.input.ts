import { ValidateNested } from "class-validator";
import { Field, ID, InputType } from "type-graphql";
import { DecimalsWithin } from "./amount.decorator.js";
import { destinationCurrency, destinationKinds } from "./destination-currency.js";
import { ExactlyOne } from "./one-of.js";
import { amountMembers, PayoutAmountInput } from "./payout-amount.input.js";
import { PayoutDestinationInput } from "./payout-destination.input.js";
import { Optional, Present, Required } from "./presence.decorator.js";
import { currency, id, shortText, visibleKey } from "./text-rules.js";

function recipientCurrency({ destination }: CreatePayoutInput): string | null {
  const given = destinationKinds.filter((kind) => destination?.[kind]);
  return given.length === 1 ? destinationCurrency(destination) : null;
}

@InputType({ description: "A payment to be made once." })
export class CreatePayoutInput {
  @Field(() => ID, {
    description: "Chosen by the caller, one per payment it means to make: 1 to 255 visible characters.",
  })
  @Required(visibleKey)
  idempotencyKey!: string;

  @Field(() => ID, { description: "The verified customer on whose behalf the money moves." })
  @Required(id)
  customerId!: string;

  @Field(() => ID, { description: "The wallet that is debited." })
  @Required(id)
  walletId!: string;

  @Field(() => String, { description: "Currency of the wallet, ISO 4217." })
  @Required(currency)
  sourceCurrency!: string;

  @Field(() => PayoutAmountInput, {
    description: "How much to pay, with no more decimals than the currency has.",
  })
  @Present()
  @ExactlyOne(amountMembers)
  @DecimalsWithin("send", ({ sourceCurrency }: CreatePayoutInput) => sourceCurrency)
  @DecimalsWithin("receive", recipientCurrency)
  @ValidateNested()
  amount!: PayoutAmountInput;

  @Field(() => PayoutDestinationInput, { description: "Where the money goes." })
  @Present()
  @ExactlyOne(destinationKinds)
  @ValidateNested()
  destination!: PayoutDestinationInput;

  @Field(() => String, { nullable: true, description: "Goes with the payment; at most 255 characters." })
  @Optional(shortText)
  note?: string | null;
}

@InputType({ description: "A payment whose cost is asked for." })
export class PayoutQuoteInput {
  @Field(() => String, { description: "Currency of the wallet, ISO 4217." })
  @Required(currency)
  sourceCurrency!: string;

  @Field(() => String, { description: "Currency that the recipient gets, ISO 4217." })
  @Required(currency)
  targetCurrency!: string;

  @Field(() => PayoutAmountInput, {
    description: "How much to pay, with no more decimals than the currency has.",
  })
  @Present()
  @ExactlyOne(amountMembers)
  @DecimalsWithin("send", ({ sourceCurrency }: PayoutQuoteInput) => sourceCurrency)
  @DecimalsWithin("receive", ({ targetCurrency }: PayoutQuoteInput) => targetCurrency)
  @ValidateNested()
  amount!: PayoutAmountInput;
}
