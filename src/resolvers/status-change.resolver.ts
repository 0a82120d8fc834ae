import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import { CursorScalar } from "../schema/cursor.scalar.js";
import { Customer } from "../schema/customer.type.js";
import { Document } from "../schema/document.type.js";
import { Payout } from "../schema/payout.type.js";
import {
  CustomerStatusChange,
  DocumentStatusChange,
  PayoutStatusChange,
  StatusChange,
} from "../schema/status-change.type.js";
import { pageSize } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

@Resolver()
export class StatusLogResolver {
  @Query(() => [StatusChange], {
    description: "The status log from a position on, oldest first: what a client missed while it was away.",
  })
  statusChanges(
    @Arg("after", () => CursorScalar, { nullable: true, description: "The last position that was seen." })
    after: string | null = null,
    @Arg("first", () => Int, { nullable: true, defaultValue: 100, description: "How many, 1 to 100." }) first: number,
    @Ctx() { mirror, visibility }: RequestContext,
  ) {
    return mirror.statusChanges(after, pageSize(first, 100), {}, visibility);
  }

  @Query(() => CursorScalar, { description: "The log's present end." })
  statusCursor(@Ctx() { mirror }: RequestContext) {
    return mirror.statusCursor();
  }
}

@Resolver(() => CustomerStatusChange)
export class CustomerStatusChangeResolver {
  @FieldResolver(() => Customer, { description: "The customer as it is now." })
  customer(@Root() { entityId }: CustomerStatusChange, @Ctx() { customersById }: RequestContext) {
    return customersById.load(entityId);
  }
}

@Resolver(() => PayoutStatusChange)
export class PayoutStatusChangeResolver {
  @FieldResolver(() => Payout, { description: "The payout as it is now." })
  payout(@Root() { entityId }: PayoutStatusChange, @Ctx() { payoutsById }: RequestContext) {
    return payoutsById.load(entityId);
  }
}

@Resolver(() => DocumentStatusChange)
export class DocumentStatusChangeResolver {
  @FieldResolver(() => Document, { description: "The document as it is now." })
  document(@Root() { entityId }: DocumentStatusChange, @Ctx() { documentsById }: RequestContext) {
    return documentsById.load(entityId);
  }
}
