import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Countable } from "../mirror/pages.js";
import { PayoutConnection } from "../schema/connection.type.js";
import { CursorScalar } from "../schema/cursor.scalar.js";
import { Customer } from "../schema/customer.type.js";
import { PayoutFilter } from "../schema/filter.input.js";
import { CreatePayoutInput } from "../schema/payout.input.js";
import { CreatePayoutPayload, ResolvePayoutPayload } from "../schema/payout.payload.js";
import { Payout } from "../schema/payout.type.js";
import { ResolvePayoutInput } from "../schema/resolve-payout.input.js";
import { StatusChange } from "../schema/status-change.type.js";
import { asPayload, pageSize } from "./input-checks.js";
import { toPayoutSearch } from "./payout-search.js";
import type { RequestContext } from "./request-context.js";

@Resolver(() => Payout)
export class PayoutResolver {
  @Query(() => Payout, { nullable: true, description: "A payout by the gateway's id; null where there is none." })
  payout(
    @Arg("id", () => ID, { description: "The gateway's payout id." }) id: string,
    @Ctx() { payoutsById }: RequestContext,
  ) {
    return payoutsById.load(id);
  }

  @Query(() => Payout, { nullable: true, description: "A payout by the provider's transaction id." })
  payoutByTransaction(
    @Arg("transactionId", () => ID, { description: "The provider's transaction id." }) transactionId: string,
    @Ctx() { payoutsByTransactionId }: RequestContext,
  ) {
    return payoutsByTransactionId.load(transactionId);
  }

  @Query(() => Payout, {
    nullable: true,
    description: "A payout by the key it was created with: what became of a call whose answer was lost.",
  })
  async payoutByIdempotencyKey(
    @Arg("idempotencyKey", () => ID, { description: "The key that createPayout was called with." }) key: string,
    @Ctx() { mirror, principal, payoutsById }: RequestContext,
  ) {
    const id = await mirror.payoutIdByKey(principal.tenant, key);
    return id === null ? null : payoutsById.load(id);
  }

  @Query(() => PayoutConnection, { description: "Payouts, newest first." })
  payouts(
    @Arg("first", () => Int, { nullable: true, defaultValue: 20, description: "Page size, 1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true, description: "The cursor of the last edge that was seen." })
    after: string | null = null,
    @Arg("filter", () => PayoutFilter, { nullable: true, description: "Which payouts to list." })
    filter: PayoutFilter | null,
    @Ctx() context: RequestContext,
  ) {
    const search = toPayoutSearch(filter, context);
    return context.mirror.payouts(search, { first: pageSize(first, 20), after }, context.visibility);
  }

  @Mutation(() => CreatePayoutPayload, { description: "Step 3: pay. The same idempotencyKey never pays twice." })
  createPayout(
    @Arg("input", () => CreatePayoutInput, { description: "What to pay, and to whom." }) input: CreatePayoutInput,
    @Ctx() { journal, principal, payoutsById }: RequestContext,
  ): Promise<CreatePayoutPayload> {
    return asPayload(input, { payout: null, replayed: false }, async () => {
      const { payoutId, replayed } = await journal.createPayout(principal, input);
      return { payout: await payoutsById.clear(payoutId).load(payoutId), replayed };
    });
  }

  @Mutation(() => ResolvePayoutPayload, {
    description:
      "Decides about a payout that is UNCONFIRMED or has a mismatch. The same decision again returns the payout as it is.",
  })
  resolvePayout(
    @Arg("input", () => ResolvePayoutInput, { description: "The decision." }) input: ResolvePayoutInput,
    @Ctx() { journal, principal, payoutsById }: RequestContext,
  ): Promise<ResolvePayoutPayload> {
    return asPayload(input, { payout: null }, async () => {
      await journal.resolvePayout(principal, input);
      return { payout: await payoutsById.clear(input.payoutId).load(input.payoutId) };
    });
  }

  @FieldResolver(() => Customer, { description: "On whose behalf the money moves." })
  customer(@Root() { customerId }: Payout, @Ctx() { customersById }: RequestContext) {
    return customersById.load(customerId);
  }

  @FieldResolver(() => [StatusChange], {
    description: "How the payout's status moved, oldest first, as far back as the log is kept.",
  })
  statusChanges(
    @Root() { id }: Payout,
    @Arg("first", () => Int, { nullable: true, defaultValue: 50, description: "How many, 1 to 100." }) first: number,
    @Arg("after", () => CursorScalar, { nullable: true, description: "Only changes after this position." })
    after: string | null = null,
    @Ctx() { mirror, visibility }: RequestContext,
  ) {
    return mirror.statusChanges(after, pageSize(first, 50), { entity: { kind: "PAYOUT", id } }, visibility);
  }

  @FieldResolver(() => CursorScalar, {
    description:
      "Position of its last status change: subscribe with after set to it, and nothing between the query and the subscription is missed.",
  })
  async cursor(@Root() { position }: Payout, @Ctx() { mirror, prunedTo }: RequestContext) {
    // It has not moved since, so that whoever goes on from the log's beginning misses nothing of it.
    return mirror.cursorAt(Math.max(position, await prunedTo()));
  }
}

@Resolver(() => PayoutConnection)
export class PayoutConnectionResolver {
  @FieldResolver(() => Int, { description: "How many payouts the whole list has." })
  totalCount(@Root() connection: PayoutConnection & Countable) {
    return connection.countAll();
  }
}
