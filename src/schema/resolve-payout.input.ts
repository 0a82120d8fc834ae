import { Field, ID, InputType } from "type-graphql";
import { type Fault, Faults } from "./faults.decorator.js";
import { PayoutResolution } from "./payout.enum.js";
import { isMissing, Required, requiredTextFaults } from "./presence.decorator.js";
import { atMost, id } from "./text-rules.js";

/** A transaction belongs to SENT, and to nothing else. */
function ForSentOnly(): PropertyDecorator {
  return Faults("forSentOnly", (value, input, field): Fault[] => {
    if (input instanceof ResolvePayoutInput && input.outcome === "SENT") return requiredTextFaults(value, field, id);
    return isMissing(value) ? [] : [{ code: "INVALID", message: `${field} must only be set for SENT.` }];
  });
}

@InputType({ description: "An operator's decision about one payout." })
export class ResolvePayoutInput {
  @Field(() => ID, { description: "A payout that is UNCONFIRMED or has a mismatch." })
  @Required(id)
  payoutId!: string;

  @Field(() => PayoutResolution, { description: "Whether the payout was sent." })
  outcome!: PayoutResolution;

  @Field(() => ID, {
    nullable: true,
    description: "The provider's transaction that the payout is. Required for SENT.",
  })
  @ForSentOnly()
  transactionId?: string | null;

  @Field(() => String, {
    description: "Why, in at most 500 characters. It goes into the audit trail and into the status log.",
  })
  @Required(atMost(500))
  reason!: string;
}
