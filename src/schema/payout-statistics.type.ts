import { Field, Int, ObjectType } from "type-graphql";
import { DateTimeScalar } from "./date-time.scalar.js";
import { Money } from "./money.type.js";
import { PayoutStatus } from "./payout.enum.js";

@ObjectType({ simpleResolvers: true, description: "All payouts of one status and wallet currency." })
export class PayoutTotal {
  @Field(() => PayoutStatus, { description: "The status that they have now." })
  status!: PayoutStatus;

  @Field(() => Int, { description: "How many there are." })
  count!: number;

  @Field(() => Money, { nullable: true, description: "Their exact sum; null for those whose amount is not known yet." })
  amount!: Money | null;
}

@ObjectType({ simpleResolvers: true, description: "The payouts of one status that were recorded in one period." })
export class PayoutPeriodCount {
  @Field(() => DateTimeScalar, { description: "When the period begins." })
  from!: Date;

  @Field(() => PayoutStatus, { description: "The status that they have now." })
  status!: PayoutStatus;

  @Field(() => Int, { description: "How many there are." })
  count!: number;
}

@ObjectType({ simpleResolvers: true, description: "The ended payouts that took a time within one range." })
export class PayoutDurationCount {
  @Field(() => Int, { description: "They took as long as this at least." })
  fromSeconds!: number;

  @Field(() => Int, { nullable: true, description: "They took less than this; null for the last range." })
  toSeconds!: number | null;

  @Field(() => Int, { description: "How many there are." })
  count!: number;
}

@ObjectType({ simpleResolvers: true, description: "What became of the payouts recorded between two instants." })
export class PayoutStatistics {
  @Field(() => [PayoutTotal], { description: "By status and currency; what there is none of is left out." })
  totals!: PayoutTotal[];

  @Field(() => [PayoutPeriodCount], {
    description: "By period and status, oldest first; what there is none of is left out.",
  })
  periods!: PayoutPeriodCount[];

  @Field(() => [PayoutDurationCount], {
    description: "By the time from record to final status, shortest first, each range once.",
  })
  durations!: PayoutDurationCount[];
}
