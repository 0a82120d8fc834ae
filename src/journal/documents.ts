// The steps of an upload: ask for a URL, store the bytes, put the document on the customer's profile. Each step is
// recorded when it is done, so that the next call can go on from there.

import type { DocumentChange } from "../datasources/changes.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import type { DocumentsDataSource, UploadSlot } from "../datasources/documents.datasource.js";
import { ProviderError } from "../datasources/provider-error.js";
import type { ObjectStorage, StoredFile } from "../datasources/storage.js";
import { StorageError } from "../datasources/storage-error.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { Customer } from "../schema/customer.type.js";
import type { DocumentCategory } from "../schema/document.enum.js";
import type { Document } from "../schema/document.type.js";
import { rejectField } from "../schema/rejection.js";
import { duringChild } from "../telemetry/tracing.js";
import { isRefusal, toDocumentRejection } from "./refusals.js";

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
}

type SlotRequest = Pick<CheckedFile, "category" | "fileName" | "contentType">;

export class DocumentJournal {
  readonly #parts: DocumentJournalParts;

  constructor(parts: DocumentJournalParts) {
    this.#parts = parts;
  }

  /** Asks for a pre-signed URL and records the document as REQUESTED. */
  async request(customer: Customer, file: SlotRequest): Promise<UploadSlot> {
    const { documents, door } = this.#parts;
    try {
      const slot = await documents.requestUpload(customer.id, file.category, file);
      const { category, fileName, contentType } = file;
      const change = changeOf(customer, slot.fileId, "REQUESTED", { category, fileName, contentType });
      await door.apply([change], { source: "MUTATION", tenant: customer.tenant });
      return slot;
    } catch (error) {
      throw isRefusal(error) ? toDocumentRejection(error as ProviderError) : error;
    }
  }

  /** Stores the file and answers the document's id. A URL that has expired is asked for again once. */
  async upload(customer: Customer, file: CheckedFile): Promise<string> {
    try {
      return await this.#store(customer, file);
    } catch (error) {
      if (!(error instanceof StorageError) || error.kind !== "EXPIRED") throw toUnavailable(error);
      return await this.#store(customer, file).catch((again) => Promise.reject(toUnavailable(again)));
    }
  }

  /** Puts the documents on the customer's profile. The identity document starts the review. */
  async attach(customer: Customer, documents: readonly Document[]): Promise<void> {
    const { customers, door } = this.#parts;
    // The last of a category takes its slot.
    const files = Object.fromEntries(documents.map(({ category, id }) => [category, id]));
    try {
      await customers.attachFiles(customer.id, files);
    } catch (error) {
      throw isRefusal(error) ? toDocumentRejection(error as ProviderError) : error;
    }
    const attached = documents.map(({ id }) => changeOf(customer, id, "ATTACHED", {}));
    const review = {
      kind: "customer" as const,
      id: customer.id,
      status: "PROCESSING" as const,
      occurredAt: null,
      ifUnmovedSince: customer.position,
      details: {},
    };
    const startsReview = documents.some(({ category }) => category === "IDENTITY");
    await door.apply([...attached, ...(startsReview ? [review] : [])], { source: "MUTATION" });
  }

  async #store(customer: Customer, file: CheckedFile): Promise<string> {
    const { storage, storageTimeoutMs, door } = this.#parts;
    const slot = await this.request(customer, file);
    await duringChild("storage PUT", { kind: "client" }, () => storage.putObject(slot, file, storageTimeoutMs));
    const { size, sha256 } = file;
    await door.apply([changeOf(customer, slot.fileId, "UPLOADED", { size, sha256 })], { source: "MUTATION" });
    return slot.fileId;
  }
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
  return new ProviderError("UNAVAILABLE", error.message, { outcome: "UNKNOWN" });
}
