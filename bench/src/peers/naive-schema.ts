// The types of the naive gateway, as the guides of type-graphql write them.

import { Field, ID, ObjectType } from "type-graphql";

@ObjectType()
export class Money {
  @Field()
  amount!: string;

  @Field()
  currency!: string;
}

@ObjectType()
export class PayoutRecipient {
  @Field()
  accountName!: string;

  @Field()
  bankName!: string;

  @Field(() => Money)
  amount!: Money;
}

@ObjectType()
export class Payout {
  @Field(() => ID)
  id!: string;

  @Field(() => ID)
  transactionId!: string;

  @Field()
  reference!: string;

  @Field()
  method!: string;

  @Field()
  status!: string;

  @Field(() => Money)
  amount!: Money;

  @Field(() => Money)
  fee!: Money;

  @Field(() => PayoutRecipient)
  recipient!: PayoutRecipient;

  @Field()
  note!: string;

  @Field()
  createdAt!: string;

  customerId!: string;
}

@ObjectType()
export class PayoutConnection {
  @Field(() => [Payout])
  nodes!: Payout[];
}

@ObjectType()
export class Customer {
  @Field(() => ID)
  id!: string;

  @Field()
  type!: string;

  @Field()
  name!: string;

  @Field()
  firstName!: string;

  @Field()
  lastName!: string;

  @Field()
  email!: string;

  @Field()
  country!: string;

  @Field()
  status!: string;

  @Field()
  createdAt!: string;

  @Field()
  updatedAt!: string;
}

@ObjectType()
export class CustomerConnection {
  @Field(() => [Customer])
  nodes!: Customer[];
}
