import { Field, ObjectType } from "type-graphql";
import { Customer } from "./customer.type.js";
import { Payout } from "./payout.type.js";

@ObjectType({ simpleResolvers: true, description: "Where a page lies in its list." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether the list goes on after this page." })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether the list has entries before this page." })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "The first edge's cursor; null on an empty page." })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "The last edge's cursor: the next page's `after`." })
  endCursor!: string | null;
}

@ObjectType({ simpleResolvers: true, description: "A customer in a list, with its place." })
export class CustomerEdge {
  @Field(() => String, { description: "The customer's place in the list." })
  cursor!: string;

  @Field(() => Customer, { description: "The customer." })
  node!: Customer;
}

@ObjectType({ simpleResolvers: true, description: "One page of a list of customers." })
export class CustomerConnection {
  @Field(() => [CustomerEdge], { description: "The page's customers with their places." })
  edges!: CustomerEdge[];

  @Field(() => [Customer], { description: "The page's customers." })
  nodes!: Customer[];

  @Field(() => PageInfo, { description: "Where the page lies in the list." })
  pageInfo!: PageInfo;
}

@ObjectType({ simpleResolvers: true, description: "A payout in a list, with its place." })
export class PayoutEdge {
  @Field(() => String, { description: "The payout's place in the list." })
  cursor!: string;

  @Field(() => Payout, { description: "The payout." })
  node!: Payout;
}

@ObjectType({ simpleResolvers: true, description: "One page of a list of payouts." })
export class PayoutConnection {
  @Field(() => [PayoutEdge], { description: "The page's payouts with their places." })
  edges!: PayoutEdge[];

  @Field(() => [Payout], { description: "The page's payouts." })
  nodes!: Payout[];

  @Field(() => PageInfo, { description: "Where the page lies in the list." })
  pageInfo!: PageInfo;
}
