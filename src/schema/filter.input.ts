import { Field, ID, InputType } from "type-graphql";
import { CustomerStatus, CustomerType } from "./customer.enum.js";
import { DateTimeScalar } from "./date-time.scalar.js";
import { Faults } from "./faults.decorator.js";
import { PayoutStatus } from "./payout.enum.js";
import { Optional } from "./presence.decorator.js";
import { currency, id, shortText } from "./text-rules.js";

function NotBeforeCreatedFrom(): PropertyDecorator {
  return Faults("notBeforeCreatedFrom", (value, input, field) => {
    const from = input instanceof PayoutFilter ? input.createdFrom : null;
    return value instanceof Date && from instanceof Date && value < from
      ? [{ code: "INVALID", message: `${field} must not be before createdFrom.` }]
      : [];
  });
}

@InputType({ description: "Which customers to list: those that meet every condition given." })
export class CustomerFilter {
  @Field(() => [CustomerStatus], { nullable: true, description: "In any of these statuses." })
  status?: CustomerStatus[] | null;

  @Field(() => CustomerType, { nullable: true, description: "Of this type." })
  type?: CustomerType | null;

  @Field(() => String, { nullable: true, description: "With this text in the name or the e-mail address." })
  @Optional(shortText)
  search?: string | null;
}

@InputType({ description: "Which payouts to list: those that meet every condition given." })
export class PayoutFilter {
  @Field(() => [PayoutStatus], { nullable: true, description: "In any of these statuses." })
  status?: PayoutStatus[] | null;

  @Field(() => ID, { nullable: true, description: "Of this customer." })
  @Optional(id)
  customerId?: string | null;

  @Field(() => ID, { nullable: true, description: "From this wallet." })
  @Optional(id)
  walletId?: string | null;

  @Field(() => String, { nullable: true, description: "From a wallet of this currency, ISO 4217." })
  @Optional(currency)
  currency?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "With a mismatch (true) or without one (false). Needs the scope operator.",
  })
  hasMismatch?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      "With this text in the customer's name or e-mail address, or in the payout's id or one of its references.",
  })
  @Optional(shortText)
  search?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Recorded at this instant or later." })
  createdFrom?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Recorded before this instant." })
  @NotBeforeCreatedFrom()
  createdTo?: Date | null;
}
