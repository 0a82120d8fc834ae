import { Field, ID, InputType } from "type-graphql";
import { CustomerType, IdentificationType } from "./customer.enum.js";
import { OptionalFor, RequiredFor } from "./customer-type.decorator.js";
import { Faults } from "./faults.decorator.js";
import { Optional, Required } from "./presence.decorator.js";
import { country, dateUntilToday, email, futureDate, pastDate, phone, shortText, visibleKey } from "./text-rules.js";

function SameAsCountry(): PropertyDecorator {
  return Faults("sameAsCountry", (value, input, field) => {
    const isSame = !(input instanceof CreateCustomerInput) || input.type !== "BUSINESS" || value === input.country;
    return isSame ? [] : [{ code: "INVALID", message: `${field} must be the same as country.` }];
  });
}

@InputType({ description: "A customer to be created, with what the provider asks of its type." })
export class CreateCustomerInput {
  @Field(() => ID, {
    nullable: true,
    description: "Same key, same input: the same customer, created once. 1 to 255 visible characters.",
  })
  @Optional(visibleKey)
  idempotencyKey?: string | null;

  @Field(() => CustomerType, { description: "Whether the customer is a person or a company." })
  type!: CustomerType;

  @Field(() => String, {
    nullable: true,
    description: "First name; required for an individual, refused for a business.",
  })
  @RequiredFor("INDIVIDUAL", shortText)
  firstName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Last name; required for an individual, refused for a business.",
  })
  @RequiredFor("INDIVIDUAL", shortText)
  lastName?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Registered name; required for a business, refused for an individual.",
  })
  @RequiredFor("BUSINESS", shortText)
  businessName?: string | null;

  @Field(() => String, { description: "Where the customer is written to." })
  @Required(email)
  email!: string;

  @Field(() => String, { description: "ISO 3166-1 alpha-2; for an individual the country of the identity document." })
  @Required(country)
  country!: string;

  @Field(() => IdentificationType, {
    nullable: true,
    description: "Kind of the identity document; required for an individual, refused for a business.",
  })
  @RequiredFor("INDIVIDUAL", shortText)
  idType?: IdentificationType | null;

  @Field(() => String, {
    nullable: true,
    description: "Number of the identity document; required for an individual, refused for a business.",
  })
  @RequiredFor("INDIVIDUAL", shortText)
  idNumber?: string | null;

  @Field(() => String, { nullable: true, description: "When the identity document was issued, YYYY-MM-DD." })
  @OptionalFor("INDIVIDUAL", dateUntilToday)
  idIssueDate?: string | null;

  @Field(() => String, { nullable: true, description: "When the identity document ends, YYYY-MM-DD in the future." })
  @OptionalFor("INDIVIDUAL", futureDate)
  idExpiryDate?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Company register number; required for a business, refused for an individual.",
  })
  @RequiredFor("BUSINESS", shortText)
  registrationNumber?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "ISO 3166-1 alpha-2, the same as country; required for a business, refused for an individual.",
  })
  @SameAsCountry()
  @RequiredFor("BUSINESS", country)
  incorporationCountry?: string | null;

  @Field(() => String, { nullable: true, description: "Phone number in the international form, e.g. +2348012345678." })
  @Optional(phone)
  phone?: string | null;

  @Field(() => String, { nullable: true, description: "Tax identification number." })
  @Optional(shortText)
  tin?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "An individual's date of birth, YYYY-MM-DD; refused for a business.",
  })
  @OptionalFor("INDIVIDUAL", pastDate)
  dateOfBirth?: string | null;

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
