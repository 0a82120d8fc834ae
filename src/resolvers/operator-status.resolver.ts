import { Ctx, Query, Resolver } from "type-graphql";
import { OperatorStatus } from "../schema/operator-status.type.js";
import type { RequestContext } from "./request-context.js";

@Resolver()
export class OperatorStatusResolver {
  @Query(() => OperatorStatus, {
    description: "The provider's budget, what is uncertain and what reconciliation found.",
  })
  operatorStatus(@Ctx() { operatorStatus }: RequestContext): Promise<OperatorStatus> {
    return operatorStatus();
  }
}
