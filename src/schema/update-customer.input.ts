import { Field, ID, InputType } from "type-graphql";
import { Kept, Optional, Required } from "./presence.decorator.js";
import { email, id, phone, shortText } from "./text-rules.js";

@InputType({ description: "What to change of a customer: a field left out keeps its value, null clears it." })
export class UpdateCustomerInput {
  @Field(() => ID, { description: "The customer to change." })
  @Required(id)
  customerId!: string;

  @Field(() => String, { nullable: true, description: "An individual's first name." })
  @Optional(shortText)
  firstName?: string | null;

  @Field(() => String, { nullable: true, description: "An individual's last name." })
  @Optional(shortText)
  lastName?: string | null;

  @Field(() => String, { nullable: true, description: "A business's registered name." })
  @Optional(shortText)
  businessName?: string | null;

  @Field(() => String, { nullable: true, description: "Where the customer is written to; it cannot be cleared." })
  @Kept(email)
  email?: string | null;

  @Field(() => String, { nullable: true, description: "Phone number in the international form, e.g. +2348012345678." })
  @Optional(phone)
  phone?: string | null;

  @Field(() => String, { nullable: true, description: "Street and house number." })
  @Optional(shortText)
  street?: string | null;

  @Field(() => String, { nullable: true, description: "City." })
  @Optional(shortText)
  city?: string | null;

  @Field(() => String, { nullable: true, description: "State or province." })
  @Optional(shortText)
  state?: string | null;

  @Field(() => String, { nullable: true, description: "Postal code." })
  @Optional(shortText)
  zipCode?: string | null;
}
