import { Field, Float, Int, ObjectType } from "type-graphql";

@ObjectType({ simpleResolvers: true, description: "One of the provider's rate limits, over a sliding window." })
export class BudgetWindow {
  @Field(() => Int, { description: "How many calls the window takes." })
  limit!: number;

  @Field(() => Int, { description: "How many of them were made." })
  used!: number;

  @Field(() => Float, { description: "The window's length." })
  seconds!: number;
}

@ObjectType({ simpleResolvers: true, description: "The provider's budget as it is now." })
export class BudgetStatus {
  @Field(() => [BudgetWindow], { description: "The windows, shortest first." })
  windows!: BudgetWindow[];

  @Field(() => Float, { description: "How long the provider has all calls pause; 0 while it does not." })
  pausedForSeconds!: number;

  @Field(() => Int, { description: "Calls that wait for their turn." })
  waiting!: number;

  @Field(() => Int, { description: "How many nodes spend the budget, as far as this one knows." })
  nodes!: number;

  @Field(() => Boolean, {
    description: "False while nodes that should share the budget each make do with a part of it.",
  })
  isShared!: boolean;
}

@ObjectType({ simpleResolvers: true, description: "What look-ups of one kind found." })
export class ReconciliationCount {
  @Field(() => String, { description: "What was looked up: payout, customer or delivery." })
  kind!: string;

  @Field(() => String, {
    description: "What came of it: moved (news that no webhook had brought), unmoved, missing or failed.",
  })
  found!: string;

  @Field(() => Int, { description: "How often, since this node started." })
  count!: number;
}

@ObjectType({ simpleResolvers: true, description: "What an operator looks at when something is stuck." })
export class OperatorStatus {
  @Field(() => BudgetStatus, { description: "The provider's budget." })
  budget!: BudgetStatus;

  @Field(() => Int, { description: "Payouts whose outcome is not known: their answers were lost." })
  unconfirmedPayouts!: number;

  @Field(() => Int, { description: "Payouts with a mismatch that no operator has resolved yet." })
  mismatchedPayouts!: number;

  @Field(() => Int, { description: "Webhook events that could not be applied." })
  parkedWebhookEvents!: number;

  @Field(() => [ReconciliationCount], { description: "What this node's look-ups found." })
  reconciliation!: ReconciliationCount[];
}
