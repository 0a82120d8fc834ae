import { Field, ID, Int, ObjectType } from "type-graphql";
import { DateTimeScalar } from "./date-time.scalar.js";
import { DocumentCategory, DocumentStatus } from "./document.enum.js";

@ObjectType({ simpleResolvers: true, description: "A file that proves who a customer is." })
export class Document {
  @Field(() => ID, { description: "The provider's file id." })
  id!: string;

  @Field(() => DocumentCategory, { description: "What the document proves." })
  category!: DocumentCategory;

  @Field(() => DocumentStatus, { description: "How far the document has come on its way to the customer's profile." })
  status!: DocumentStatus;

  @Field(() => String, { nullable: true, description: "The file's name, as its sender called it." })
  fileName!: string | null;

  @Field(() => String, { nullable: true, description: "The file's media type, e.g. image/jpeg." })
  contentType!: string | null;

  @Field(() => Int, { nullable: true, description: "The file's size in bytes." })
  size!: number | null;

  @Field(() => String, { nullable: true, description: "Hex SHA-256 of the bytes, where the gateway saw them." })
  sha256!: string | null;

  @Field(() => DateTimeScalar, { description: "When the document was first asked for." })
  createdAt!: Date;

  /** Feeds `customer`. Clients do not see it. */
  customerId!: string;
}
