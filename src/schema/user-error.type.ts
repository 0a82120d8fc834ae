import { Field, ObjectType } from "type-graphql";
import { UserErrorCode } from "./user-error.enum.js";

@ObjectType({ simpleResolvers: true, description: "A fault of the input that the caller can mend." })
export class UserError {
  @Field(() => [String], {
    nullable: true,
    description: 'Path into the input, e.g. ["destination","ngnBank","accountNumber"].',
  })
  field!: string[] | null;

  @Field(() => UserErrorCode, { description: "What is wrong, for programs: it never changes." })
  code!: UserErrorCode;

  @Field(() => String, { description: "What is wrong, for people: it may change." })
  message!: string;
}
