import { Field, ObjectType } from "type-graphql";
import { Customer } from "./customer.type.js";
import { DateTimeScalar } from "./date-time.scalar.js";
import { Document } from "./document.type.js";
import { UserError } from "./user-error.type.js";

@ObjectType({ simpleResolvers: true, description: "One header of an HTTP request." })
export class HttpHeader {
  @Field(() => String, { description: "The header's name." })
  name!: string;

  @Field(() => String, { description: "The header's value." })
  value!: string;
}

@ObjectType({ simpleResolvers: true, description: "The request by which a client stores a file itself." })
export class PresignedUpload {
  @Field(() => String, { description: "The HTTP method, e.g. PUT." })
  method!: string;

  @Field(() => String, { description: "Where the bytes go: it is secret, and good for one file." })
  url!: string;

  @Field(() => [HttpHeader], { description: "The headers to send, exactly so." })
  headers!: HttpHeader[];

  @Field(() => DateTimeScalar, { nullable: true, description: "When the URL ends, where the provider says so." })
  expiresAt!: Date | null;
}

@ObjectType({ simpleResolvers: true, description: "What became of requestDocumentUpload." })
export class RequestDocumentUploadPayload {
  @Field(() => Document, { nullable: true, description: "The document to be; null where it was refused." })
  document!: Document | null;

  @Field(() => PresignedUpload, { nullable: true, description: "How to store the file; null where it was refused." })
  upload!: PresignedUpload | null;

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}

@ObjectType({ simpleResolvers: true, description: "What became of uploadDocument." })
export class UploadDocumentPayload {
  @Field(() => Document, { nullable: true, description: "The stored document; null where it was refused." })
  document!: Document | null;

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}

@ObjectType({ simpleResolvers: true, description: "What became of attachDocuments." })
export class AttachDocumentsPayload {
  @Field(() => Customer, { nullable: true, description: "The customer as it is now; null where it was refused." })
  customer!: Customer | null;

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}

@ObjectType({ simpleResolvers: true, description: "What became of submitDocuments." })
export class SubmitDocumentsPayload {
  @Field(() => Customer, { nullable: true, description: "The customer as it is now; null where it was refused." })
  customer!: Customer | null;

  @Field(() => [Document], { description: "The documents that were stored, in the order of the input." })
  documents!: Document[];

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}
