import { Field, ObjectType } from "type-graphql";
import { DecimalScalar } from "./decimal.scalar.js";

@ObjectType({ simpleResolvers: true, description: "An exact amount in one currency." })
export class Money {
  @Field(() => DecimalScalar, { description: "The amount in units of the currency, with the currency's decimals." })
  amount!: string;

  @Field(() => String, { description: "The currency's code, ISO 4217." })
  currency!: string;
}
