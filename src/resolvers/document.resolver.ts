import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import { Customer } from "../schema/customer.type.js";
import {
  AttachDocumentsInput,
  RequestDocumentUploadInput,
  SubmitDocumentsInput,
  UploadDocumentInput,
} from "../schema/document.input.js";
import {
  AttachDocumentsPayload,
  RequestDocumentUploadPayload,
  SubmitDocumentsPayload,
  UploadDocumentPayload,
} from "../schema/document.payload.js";
import { Document } from "../schema/document.type.js";
import { asPayload } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

@Resolver(() => Document)
export class DocumentResolver {
  @Query(() => Document, { nullable: true, description: "A document by its id; null where there is none." })
  document(
    @Arg("id", () => ID, { description: "The provider's file id." }) id: string,
    @Ctx() { documentsById }: RequestContext,
  ) {
    return documentsById.load(id);
  }

  @Mutation(() => RequestDocumentUploadPayload, {
    description: "Step 2.1: get a pre-signed URL, for a client that PUTs the bytes to the storage itself.",
  })
  requestDocumentUpload(
    @Arg("input", () => RequestDocumentUploadInput, { description: "What will be stored." })
    input: RequestDocumentUploadInput,
    @Ctx() { journal, principal, documentsById }: RequestContext,
  ): Promise<RequestDocumentUploadPayload> {
    return asPayload(input, { document: null, upload: null }, async () => {
      const { fileId, url, headers, expiresAt } = await journal.requestDocumentUpload(principal, input);
      return { document: await documentsById.load(fileId), upload: { method: "PUT", url, headers, expiresAt } };
    });
  }

  @Mutation(() => UploadDocumentPayload, {
    description: "Steps 2.1 and 2.2: the gateway takes the file and PUTs it to the storage.",
  })
  uploadDocument(
    @Arg("input", () => UploadDocumentInput, { description: "The file and whom it is about." })
    input: UploadDocumentInput,
    @Ctx() { journal, principal, documentsById }: RequestContext,
  ): Promise<UploadDocumentPayload> {
    return asPayload(input, { document: null }, async () => {
      const { customerId, category, file } = input;
      const files = [{ path: ["file"], category, file: await file }];
      const [id] = await journal.storeFiles(principal, customerId, files);
      return { document: await documentsById.load(id as string) };
    });
  }

  @Mutation(() => AttachDocumentsPayload, {
    description: "Step 2.3: attach uploaded documents to the customer, which starts its verification.",
  })
  attachDocuments(
    @Arg("input", () => AttachDocumentsInput, { description: "The documents and whose they are." })
    input: AttachDocumentsInput,
    @Ctx() { journal, principal, customersById }: RequestContext,
  ): Promise<AttachDocumentsPayload> {
    return asPayload(input, { customer: null }, async () => {
      await journal.attachDocuments(principal, input);
      return { customer: await customersById.clear(input.customerId).load(input.customerId) };
    });
  }

  @Mutation(() => SubmitDocumentsPayload, {
    description: "Steps 2.1 to 2.3 for all of a customer's documents in one call.",
  })
  submitDocuments(
    @Arg("input", () => SubmitDocumentsInput, { description: "The files and whom they are about." })
    input: SubmitDocumentsInput,
    @Ctx() { journal, principal, customersById, documentsById }: RequestContext,
  ): Promise<SubmitDocumentsPayload> {
    return asPayload(input, { customer: null, documents: [] }, async () => {
      const { customerId, documents } = input;
      const files = await Promise.all(
        documents.map(async ({ category, file }, index) => ({
          path: ["documents", String(index), "file"],
          category,
          file: await file,
        })),
      );
      const ids = await journal.submitDocuments(principal, customerId, files);
      return {
        customer: await customersById.clear(customerId).load(customerId),
        documents: (await documentsById.loadMany(ids)) as Document[],
      };
    });
  }

  @FieldResolver(() => Customer, { description: "Whom the document is about." })
  customer(@Root() { customerId }: Document, @Ctx() { customersById }: RequestContext) {
    return customersById.load(customerId);
  }
}
