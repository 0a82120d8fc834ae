// Every command that a mutation gives, one method for each: checked against the mirror, sent, and recorded.

import { type Principal, visibilityOf } from "../access/principal.js";
import type { UploadSlot } from "../datasources/documents.datasource.js";
import type { Loaders } from "../mirror/loaders.js";
import type { Mirror } from "../mirror/mirror.js";
import type { CreateCustomerInput } from "../schema/create-customer.input.js";
import type { AttachDocumentsInput, RequestDocumentUploadInput } from "../schema/document.input.js";
import type { Document } from "../schema/document.type.js";
import type { CreatePayoutInput } from "../schema/payout.input.js";
import { Rejection, type UserErrorFields } from "../schema/rejection.js";
import type { ResolvePayoutInput } from "../schema/resolve-payout.input.js";
import type { UpdateCustomerInput } from "../schema/update-customer.input.js";
import { checkFiles, type FileToCheck } from "./check-files.js";
import type { CustomerJournal, CustomerResult } from "./create-customer.js";
import type { PayoutJournal, PayoutResult } from "./create-payout.js";
import { type DocumentJournal, isAttached, refuseUnlessDocumentsHelp } from "./documents.js";
import { type ResolvePayoutParts, resolvePayout } from "./resolve-payout.js";
import { type UpdateCustomerParts, updateCustomer } from "./update-customer.js";

export interface JournalParts {
  mirror: Mirror;
  customers: CustomerJournal;
  updates: UpdateCustomerParts;
  documents: DocumentJournal;
  payouts: PayoutJournal;
  resolutions: ResolvePayoutParts;
  uploadMaxBytes: number;
}

export class Journal {
  readonly #parts: JournalParts;

  constructor(parts: JournalParts) {
    this.#parts = parts;
  }

  createCustomer(principal: Principal, input: CreateCustomerInput): Promise<CustomerResult> {
    return this.#parts.customers.create(principal, input);
  }

  async updateCustomer(principal: Principal, input: UpdateCustomerInput): Promise<void> {
    const customer = await this.#loaders(principal).customersById.load(input.customerId);
    await updateCustomer(this.#parts.updates, customer, input);
  }

  async requestDocumentUpload(principal: Principal, input: RequestDocumentUploadInput): Promise<UploadSlot> {
    const customer = await this.#loaders(principal).customersById.load(input.customerId);
    refuseUnlessDocumentsHelp(customer);
    return this.#parts.documents.request(customer, input);
  }

  /** Stores the files in their order and answers the documents' ids. */
  async storeFiles(principal: Principal, customerId: string, files: readonly FileToCheck[]): Promise<string[]> {
    const customer = await this.#loaders(principal).customersById.load(customerId);
    refuseUnlessDocumentsHelp(customer);
    const ids: string[] = [];
    for (const file of await checkFiles(files, this.#parts.uploadMaxBytes)) {
      ids.push(await this.#parts.documents.upload(customer, file));
    }
    return ids;
  }

  async attachDocuments(
    principal: Principal,
    { customerId, documentIds }: Pick<AttachDocumentsInput, "customerId" | "documentIds">,
  ): Promise<void> {
    const { customersById, documentsById, documentsByCustomerId } = this.#loaders(principal);
    const [customer, found, all] = await Promise.all([
      customersById.load(customerId),
      Promise.all(documentIds.map((id) => documentsById.load(id))),
      documentsByCustomerId.load(customerId),
    ]);
    const own = found.filter((document) => document?.customerId === customerId) as Document[];
    if (customer && own.length === found.length && isAttached(customer, own)) return;
    refuseUnlessDocumentsHelp(customer);
    const faults = found.flatMap((document, index): UserErrorFields[] => {
      if (document?.customerId === customerId) return [];
      const message = "documentIds names no document of this customer.";
      return [{ field: ["documentIds", String(index)], code: "NOT_FOUND", message }];
    });
    if (faults.length > 0) throw new Rejection(faults);
    await this.#parts.documents.attach(customer, own, all);
  }

  /** Stores all files and puts them on the profile; answers the documents' ids. */
  async submitDocuments(principal: Principal, customerId: string, files: readonly FileToCheck[]): Promise<string[]> {
    const documentIds = await this.storeFiles(principal, customerId, files);
    await this.attachDocuments(principal, { customerId, documentIds });
    return documentIds;
  }

  createPayout(principal: Principal, input: CreatePayoutInput): Promise<PayoutResult> {
    return this.#parts.payouts.create(principal, input);
  }

  /** An operator's decision about a payout that is UNCONFIRMED or has a mismatch. */
  resolvePayout(principal: Principal, input: ResolvePayoutInput): Promise<void> {
    return resolvePayout(this.#parts.resolutions, principal, input);
  }

  #loaders(principal: Principal): Loaders {
    return this.#parts.mirror.loaders(visibilityOf(principal));
  }
}
