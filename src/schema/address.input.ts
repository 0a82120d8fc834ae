import { Field, InputType } from "type-graphql";
import { Faults } from "./faults.decorator.js";
import { isMissing, Optional, Required } from "./presence.decorator.js";
import { country, shortText } from "./text-rules.js";

@InputType({ description: "The recipient's postal address, as its bank has it." })
export class AddressInput {
  @Field(() => String, { description: "Street and house number." })
  @Required(shortText)
  street!: string;

  @Field(() => String, { description: "City." })
  @Required(shortText)
  city!: string;

  @Field(() => String, { nullable: true, description: "State or province; required for ACH and wire." })
  @Optional(shortText)
  state?: string | null;

  @Field(() => String, { description: "Postal code." })
  @Required(shortText)
  zipCode!: string;

  @Field(() => String, { description: "ISO 3166-1 alpha-2." })
  @Required(country)
  country!: string;
}

/** An address whose state must be given, though the type itself leaves it open. */
export function WithState(): PropertyDecorator {
  return Faults("withState", (value) =>
    value instanceof AddressInput && (isMissing(value.state) || value.state.trim() === "")
      ? [{ code: "REQUIRED", message: "state is required for ACH and wire.", path: ["state"] }]
      : [],
  );
}
