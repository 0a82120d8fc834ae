// The steps of an upload: ask for a URL, store the bytes, put the document on the customer's profile. Each step is
// recorded when it is done, so that the next call can go on from there.

import type { CustomerChange, DocumentChange } from "../datasources/changes.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import type { DocumentsDataSource, UploadSlot } from "../datasources/documents.datasource.js";
import { garbled } from "../datasources/provider-answer.js";
import { ProviderError } from "../datasources/provider-error.js";
import type { ObjectStorage, StoredFile } from "../datasources/storage.js";
import { StorageError } from "../datasources/storage-error.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { CustomerStatus } from "../schema/customer.enum.js";
import type { Customer } from "../schema/customer.type.js";
import type { DocumentCategory } from "../schema/document.enum.js";
import type { Document } from "../schema/document.type.js";
import { rejectField } from "../schema/rejection.js";
import type { Logger } from "../telemetry/logger.js";
import { duringChild } from "../telemetry/tracing.js";
import { toDocumentRejection } from "./refusals.js";
import { answerWithin, notConfirmed, type RepeatableWrite, sendRepeatable } from "./repeatable-write.js";

/** A file whose type and size were found good. */
export interface CheckedFile extends StoredFile {
  category: DocumentCategory;
  fileName: string;
  sha256: string;
}

export interface DocumentJournalParts {
  door: ChangeDoor;
  documents: DocumentsDataSource;
  customers: CustomersDataSource;
  storage: ObjectStorage;
  storageTimeoutMs: number;
  answerWithinMs: number;
  logger: Logger;
}

const attaching = { name: "Attaching documents", unknownMessage: notConfirmed };

type SlotRequest = Pick<CheckedFile, "category" | "fileName" | "contentType">;

export class DocumentJournal {
  readonly #parts: DocumentJournalParts;

  constructor(parts: DocumentJournalParts) {
    this.#parts = parts;
  }

  /** Asks for a pre-signed URL and records the document as REQUESTED. */
  async request(customer: Customer, file: SlotRequest): Promise<UploadSlot> {
    const { documents, door, answerWithinMs, logger } = this.#parts;
    const write = {
      name: "Asking for an upload URL",
      send: () => documents.requestUpload(customer.id, file.category, file),
      toRejection: toDocumentRejection,
    };
    const work = sendRepeatable(write, logger, performance.now() + answerWithinMs);
    const slot = await answerWithin(write, answerWithinMs, logger, work);
    const { category, fileName, contentType } = file;
    const change = changeOf(customer, slot.fileId, "REQUESTED", { category, fileName, contentType });
    await door.apply([change], { source: "MUTATION", tenant: customer.tenant });
    return withContentType(slot, contentType);
  }

  /** Stores the file and returns the document's id. An expired URL is replaced once. */
  async upload(customer: Customer, file: CheckedFile): Promise<string> {
    try {
      return await this.#store(customer, file);
    } catch (error) {
      if (!(error instanceof StorageError) || error.kind !== "EXPIRED") throw toUnavailable(error);
      return await this.#store(customer, file).catch((again) => Promise.reject(toUnavailable(again)));
    }
  }

  /** Puts the documents on the customer's profile. The identity document starts the review. */
  async attach(customer: Customer, documents: readonly Document[], allOfCustomer: readonly Document[]): Promise<void> {
    const { answerWithinMs, logger } = this.#parts;
    const deadlineMs = performance.now() + answerWithinMs;
    await answerWithin(attaching, answerWithinMs, logger, this.#attach(customer, documents, allOfCustomer, deadlineMs));
  }

  async #attach(
    customer: Customer,
    documents: readonly Document[],
    allOfCustomer: readonly Document[],
    deadlineMs: number,
  ): Promise<void> {
    const { customers, door, logger } = this.#parts;
    // The last of a category takes its slot.
    const files = Object.fromEntries(documents.map(({ category, id }) => [category, id]));
    const startsReview = documents.some(isIdentity);
    const send = async (): Promise<CustomerChange[]> => {
      await customers.attachFiles(customer.id, files);
      return startsReview ? [reviewOf(customer)] : [];
    };
    const canBeSeen = startsReview && !isReviewExplained(customer, allOfCustomer);
    const write: RepeatableWrite<CustomerChange[]> = {
      ...attaching,
      send,
      ...(canBeSeen ? { readBack: () => this.#reviewAtProvider(customer) } : {}),
      toRejection: toDocumentRejection,
    };
    const changes = await sendRepeatable(write, logger, deadlineMs);
    const attached = documents.map(({ id }) => changeOf(customer, id, "ATTACHED", {}));
    await door.apply([...attached, ...changes], { source: "MUTATION" });
  }

  /** The customer, if the provider shows that its review has started since. */
  async #reviewAtProvider({ id }: Customer): Promise<CustomerChange[] | null> {
    const change = await this.#parts.customers.get(id, "write");
    if (!change) return null;
    // An unknown word is no proof that the review has not started.
    if (!change.status) throw garbled("GET /customer", "the answer has no status that is known");
    return beforeReview.includes(change.status) ? null : [change];
  }

  async #store(customer: Customer, file: CheckedFile): Promise<string> {
    const { storage, storageTimeoutMs, answerWithinMs, door, logger } = this.#parts;
    const slot = await this.request(customer, file);
    await duringChild("storage PUT", { kind: "client" }, () =>
      storage.putObject(slot, file, storageTimeoutMs, answerWithinMs),
    ).catch((err) => {
      logger.warn({ err, documentId: slot.fileId }, "Storing a file failed.");
      throw err;
    });
    const { size, sha256 } = file;
    await door.apply([changeOf(customer, slot.fileId, "UPLOADED", { size, sha256 })], { source: "MUTATION" });
    return slot.fileId;
  }
}

/** Whether a call with these documents has nothing left to do: all are attached, and no review has rejected them. */
export function isAttached(customer: Customer, documents: readonly Document[]): boolean {
  return !beforeReview.includes(customer.status) && documents.every(({ status }) => status === "ATTACHED");
}

const beforeReview: readonly CustomerStatus[] = ["PENDING", "REJECTED"];

/** A review that is known to be under way for another document says nothing of this one. */
function isReviewExplained({ status }: Customer, documents: readonly Document[]): boolean {
  if (beforeReview.includes(status)) return false;
  return documents.some((document) => isIdentity(document) && document.status === "ATTACHED");
}

function isIdentity({ category }: Pick<Document, "category">): boolean {
  return category === "IDENTITY";
}

function reviewOf({ id, position }: Customer): CustomerChange {
  return { kind: "customer", id, status: "PROCESSING", occurredAt: null, ifUnmovedSince: position, details: {} };
}

/** The provider checks the type when a document is attached, so the client has to send it, signed or not. */
function withContentType(slot: UploadSlot, contentType: string): UploadSlot {
  const hasType = slot.headers.some(({ name }) => name.toLowerCase() === "content-type");
  return hasType ? slot : { ...slot, headers: [...slot.headers, { name: "Content-Type", value: contentType }] };
}

export function refuseUnlessDocumentsHelp(customer: Customer | null): asserts customer is Customer {
  if (!customer) throw rejectField(["customerId"], "NOT_FOUND", "customerId names no customer.");
  if (customer.type === "BUSINESS") {
    const message = "A business is verified by the provider's company process: documents are not taken here.";
    throw rejectField(["customerId"], "INVALID", message);
  }
  if (customer.status === "VERIFIED") {
    throw rejectField(["customerId"], "ALREADY_VERIFIED", "The customer is VERIFIED: it needs no more documents.");
  }
}

function changeOf(
  customer: Customer,
  id: string,
  status: DocumentChange["status"],
  details: DocumentChange["details"],
): DocumentChange {
  return { kind: "document", id, customerId: customer.id, status, details };
}

function toUnavailable(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return new ProviderError("UNAVAILABLE", error.message, {
    outcome: "UNKNOWN",
    retryAfterSeconds: 5,
    callerMessage: "The provider did not take the file. Upload it again.",
  });
}
