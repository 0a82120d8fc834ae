import { Field, ID, ObjectType } from "type-graphql";
import { CustomerStatus, CustomerType } from "./customer.enum.js";
import { DateTimeScalar } from "./date-time.scalar.js";

@ObjectType({ simpleResolvers: true, description: "The person or business on whose behalf money moves." })
export class Customer {
  @Field(() => ID, { description: "The provider's customer id." })
  id!: string;

  @Field(() => CustomerType, { description: "Whether the customer is a person or a company." })
  type!: CustomerType;

  @Field(() => String, { description: "Display name: first and last name, or the business name." })
  name!: string;

  @Field(() => String, { nullable: true, description: "A person's first name." })
  firstName!: string | null;

  @Field(() => String, { nullable: true, description: "A person's last name." })
  lastName!: string | null;

  @Field(() => String, { nullable: true, description: "A company's registered name." })
  businessName!: string | null;

  @Field(() => String, { description: "Where the customer is written to." })
  email!: string;

  @Field(() => String, { description: "The customer's country, ISO 3166-1 alpha-2." })
  country!: string;

  @Field(() => CustomerStatus, { description: "How far the provider's verification has come." })
  status!: CustomerStatus;

  @Field(() => DateTimeScalar, { description: "When the customer was created." })
  createdAt!: Date;

  @Field(() => DateTimeScalar, { description: "When anything of the customer last changed." })
  updatedAt!: Date;

  @Field(() => DateTimeScalar, { description: "When the provider's word on this customer was last heard." })
  asOf!: Date;

  /** Log position of its last status change; feeds `cursor`. Clients do not see it. */
  position!: number;

  /** Whose it is. Clients do not see it. */
  tenant!: string;
}
