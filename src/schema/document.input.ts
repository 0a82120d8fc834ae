import { ValidateNested } from "class-validator";

import { Field, ID, InputType } from "type-graphql";
import { DocumentCategory } from "./document.enum.js";
import { Faults } from "./faults.decorator.js";
import { EachId, ListLength } from "./list.decorator.js";
import { Present, Required } from "./presence.decorator.js";
import { fileName, id } from "./text-rules.js";
import { type ReceivedFile, UploadScalar } from "./upload.scalar.js";

export const documentContentTypes: readonly string[] = ["image/jpeg", "image/png", "application/pdf"];

const MAX_DOCUMENTS = 20;

function DocumentContentType(): PropertyDecorator {
  return Faults("documentContentType", (value, _input, field) =>
    typeof value === "string" && documentContentTypes.includes(value)
      ? []
      : [{ code: "FILE_TYPE_NOT_ALLOWED", message: `${field} must be one of ${documentContentTypes.join(", ")}.` }],
  );
}

@InputType({ description: "A file that the client will store itself, by a pre-signed URL." })
export class RequestDocumentUploadInput {
  @Field(() => ID, { description: "The customer whom the document is about." })
  @Required(id)
  customerId!: string;

  @Field(() => DocumentCategory, { description: "What the document proves." })
  category!: DocumentCategory;

  @Field(() => String, { description: "The file's name without folders, at most 255 characters." })
  @Required(fileName)
  fileName!: string;

  @Field(() => String, { description: "The file's media type: image/jpeg, image/png or application/pdf." })
  @DocumentContentType()
  contentType!: string;
}

@InputType({ description: "A file that the gateway stores." })
export class UploadDocumentInput {
  @Field(() => ID, { description: "The customer whom the document is about." })
  @Required(id)
  customerId!: string;

  @Field(() => DocumentCategory, { description: "What the document proves." })
  category!: DocumentCategory;

  @Field(() => UploadScalar, { description: "The file: JPEG, PNG or PDF." })
  @Present()
  file!: Promise<ReceivedFile>;
}

@InputType({ description: "Uploaded documents to put on the customer's profile." })
export class AttachDocumentsInput {
  @Field(() => ID, { description: "The customer whose documents they are." })
  @Required(id)
  customerId!: string;

  @Field(() => [ID], { description: "The documents, 1 to 20, each once; the last of a category takes its slot." })
  @ListLength(MAX_DOCUMENTS)
  @EachId()
  documentIds!: string[];
}

@InputType({ description: "One of the files of submitDocuments." })
export class DocumentFileInput {
  @Field(() => DocumentCategory, { description: "What the document proves." })
  category!: DocumentCategory;

  @Field(() => UploadScalar, { description: "The file: JPEG, PNG or PDF." })
  @Present()
  file!: Promise<ReceivedFile>;
}

@InputType({ description: "A customer's documents, to be stored and put on its profile in one call." })
export class SubmitDocumentsInput {
  @Field(() => ID, { description: "The customer whom the documents are about." })
  @Required(id)
  customerId!: string;

  @Field(() => [DocumentFileInput], {
    description: "The files, 1 to 20; a category may repeat, and the last of it takes its slot.",
  })
  @ListLength(MAX_DOCUMENTS)
  @ValidateNested()
  documents!: DocumentFileInput[];
}
