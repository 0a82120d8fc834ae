import { Field, ObjectType } from "type-graphql";
import { Payout } from "./payout.type.js";
import { UserError } from "./user-error.type.js";

@ObjectType({ simpleResolvers: true, description: "Result of resolvePayout." })
export class ResolvePayoutPayload {
  @Field(() => Payout, {
    nullable: true,
    description: "The payout as it is now; null where the decision was rejected.",
  })
  payout!: Payout | null;

  @Field(() => [UserError], { description: "All validation errors, reported together." })
  userErrors!: UserError[];
}

@ObjectType({ simpleResolvers: true, description: "What became of createPayout." })
export class CreatePayoutPayload {
  @Field(() => Payout, { nullable: true, description: "The payout; null where it was refused." })
  payout!: Payout | null;

  @Field(() => Boolean, { description: "Whether the key had been used before and this is the payout made then." })
  replayed!: boolean;

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}
