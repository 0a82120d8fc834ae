import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Countable } from "../mirror/pages.js";
import { CustomerConnection, PayoutConnection } from "../schema/connection.type.js";
import { CreateCustomerInput } from "../schema/create-customer.input.js";
import { CursorScalar } from "../schema/cursor.scalar.js";
import { CreateCustomerPayload, UpdateCustomerPayload } from "../schema/customer.payload.js";
import { Customer } from "../schema/customer.type.js";
import { Document } from "../schema/document.type.js";
import { CustomerFilter, PayoutFilter } from "../schema/filter.input.js";
import { StatusChange } from "../schema/status-change.type.js";
import { UpdateCustomerInput } from "../schema/update-customer.input.js";
import { asPayload, pageSize, requireValid } from "./input-checks.js";
import { toPayoutSearch } from "./payout-search.js";
import type { RequestContext } from "./request-context.js";

@Resolver(() => Customer)
export class CustomerResolver {
  @Query(() => Customer, { nullable: true, description: "A customer by its id; null where there is none." })
  customer(
    @Arg("id", () => ID, { description: "The provider's customer id." }) id: string,
    @Ctx() { customersById }: RequestContext,
  ) {
    return customersById.load(id);
  }

  @Query(() => CustomerConnection, { description: "Customers, newest first." })
  customers(
    @Arg("first", () => Int, { nullable: true, defaultValue: 20, description: "Page size, 1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true, description: "The cursor of the last edge that was seen." })
    after: string | null = null,
    @Arg("filter", () => CustomerFilter, { nullable: true, description: "Which customers to list." })
    filter: CustomerFilter | null,
    @Ctx() { mirror, visibility }: RequestContext,
  ) {
    const search = filter ? requireValid("filter", filter) : {};
    return mirror.customers(search, { first: pageSize(first, 20), after }, visibility);
  }

  @Mutation(() => CreateCustomerPayload, { description: "Step 1: create the customer. It starts PENDING." })
  createCustomer(
    @Arg("input", () => CreateCustomerInput, { description: "Who the customer is." }) input: CreateCustomerInput,
    @Ctx() { journal, principal, customersById }: RequestContext,
  ): Promise<CreateCustomerPayload> {
    return asPayload(input, { customer: null, replayed: false }, async () => {
      const { customerId, replayed } = await journal.createCustomer(principal, input);
      return { customer: await customersById.clear(customerId).load(customerId), replayed };
    });
  }

  @Mutation(() => UpdateCustomerPayload, {
    description: "Changes what the input names. A field left out keeps its value, null clears it.",
  })
  updateCustomer(
    @Arg("input", () => UpdateCustomerInput, { description: "What to change." }) input: UpdateCustomerInput,
    @Ctx() { journal, principal, customersById }: RequestContext,
  ): Promise<UpdateCustomerPayload> {
    return asPayload(input, { customer: null }, async () => {
      await journal.updateCustomer(principal, input);
      return { customer: await customersById.clear(input.customerId).load(input.customerId) };
    });
  }

  @FieldResolver(() => [Document], { description: "The customer's documents, oldest first." })
  documents(@Root() { id }: Customer, @Ctx() { documentsByCustomerId }: RequestContext) {
    return documentsByCustomerId.load(id);
  }

  @FieldResolver(() => PayoutConnection, { description: "The customer's payouts, newest first." })
  payouts(
    @Root() { id }: Customer,
    @Arg("first", () => Int, { nullable: true, defaultValue: 20, description: "Page size, 1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true, description: "The cursor of the last edge that was seen." })
    after: string | null = null,
    @Arg("filter", () => PayoutFilter, { nullable: true, description: "Which of the payouts to list." })
    filter: PayoutFilter | null,
    @Ctx() context: RequestContext,
  ) {
    if (after === null && !filter) return context.firstPayouts.load({ customerId: id, first: pageSize(first, 20) });
    const search = toPayoutSearch(filter, context);
    // Another customer's payouts are none of this one's.
    const isNobody = Boolean(search.customerId) && search.customerId !== id;
    return context.mirror.payouts(
      { ...search, customerId: id, ...(isNobody ? { status: [] } : {}) },
      { first: pageSize(first, 20), after },
      context.visibility,
    );
  }

  @FieldResolver(() => [StatusChange], {
    description: "How the customer's own status moved, oldest first, as far back as the log is kept.",
  })
  statusChanges(
    @Root() { id }: Customer,
    @Arg("first", () => Int, { nullable: true, defaultValue: 50, description: "How many, 1 to 100." }) first: number,
    @Arg("after", () => CursorScalar, { nullable: true, description: "Only changes after this position." })
    after: string | null = null,
    @Ctx() { mirror, visibility }: RequestContext,
  ) {
    return mirror.statusChanges(after, pageSize(first, 50), { entity: { kind: "CUSTOMER", id } }, visibility);
  }

  @FieldResolver(() => CursorScalar, {
    description:
      "Position of its last status change: subscribe with after set to it, and nothing between the query and the subscription is missed.",
  })
  async cursor(@Root() { position }: Customer, @Ctx() { mirror, prunedTo }: RequestContext) {
    // It has not moved since, so that whoever goes on from the log's beginning misses nothing of it.
    return mirror.cursorAt(Math.max(position, await prunedTo()));
  }
}

@Resolver(() => CustomerConnection)
export class CustomerConnectionResolver {
  @FieldResolver(() => Int, { description: "How many customers the whole list has." })
  totalCount(@Root() connection: CustomerConnection & Countable) {
    return connection.countAll();
  }
}
