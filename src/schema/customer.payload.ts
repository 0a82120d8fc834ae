import { Field, ObjectType } from "type-graphql";
import { Customer } from "./customer.type.js";
import { UserError } from "./user-error.type.js";

@ObjectType({ simpleResolvers: true, description: "What became of createCustomer." })
export class CreateCustomerPayload {
  @Field(() => Customer, { nullable: true, description: "The customer; null where it was refused." })
  customer!: Customer | null;

  @Field(() => Boolean, { description: "Whether the key had been used before and this is the customer made then." })
  replayed!: boolean;

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}

@ObjectType({ simpleResolvers: true, description: "What became of updateCustomer." })
export class UpdateCustomerPayload {
  @Field(() => Customer, { nullable: true, description: "The customer as it is now; null where it was refused." })
  customer!: Customer | null;

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}
