import { Arg, Ctx, Int, Query, Resolver } from "type-graphql";
import { DateTimeScalar } from "../schema/date-time.scalar.js";
import { PayoutStatistics } from "../schema/payout-statistics.type.js";
import { badUserInput } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

const maxPeriods = 100;

@Resolver()
export class PayoutStatisticsResolver {
  @Query(() => PayoutStatistics, { description: "What became of the payouts recorded between two instants." })
  payoutStatistics(
    @Arg("createdFrom", () => DateTimeScalar, { description: "Recorded at this instant or later." }) from: Date,
    @Arg("createdTo", () => DateTimeScalar, { description: "Recorded before this instant." }) to: Date,
    @Arg("periods", () => Int, {
      nullable: true,
      defaultValue: 24,
      description: "Into how many equal periods the time is divided, 1 to 100.",
    })
    periods: number | null,
    @Ctx() { mirror, visibility }: RequestContext,
  ): Promise<PayoutStatistics> {
    if (to <= from) throw badUserInput("createdTo must be after createdFrom.");
    const count = periods ?? 24;
    if (count < 1 || count > maxPeriods) throw badUserInput(`periods must be between 1 and ${maxPeriods}.`);
    return mirror.payoutStatistics({ from: from.getTime(), to: to.getTime() }, count, visibility);
  }
}
