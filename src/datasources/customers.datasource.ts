import { z } from "zod";
import type { CustomerStatus } from "../schema/customer.enum.js";
import type { DocumentCategory } from "../schema/document.enum.js";
import type { CustomerChange } from "./changes.js";
import type { CreateCustomerCommand, CustomerFields } from "./commands.js";
import { fromCreateCustomerCommand, fromCustomerFields } from "./customer-body.js";
import { hasNextPage, pagination } from "./page.js";
import { garbled, readAs } from "./provider-answer.js";
import type { CallClass, ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { id, text, time, underData } from "./provider-fields.js";
import { providerPath } from "./provider-path.js";
import { showsFields } from "./shown-fields.js";
import { toCustomerStatus, toCustomerType } from "./status-words.js";

const providerCustomer = z.object({
  id,
  type: text.nullish(),
  first_name: text.nullish(),
  last_name: text.nullish(),
  business_name: text.nullish(),
  id_number: id.nullish(),
  registration_number: id.nullish(),
  email: text.nullish(),
  country: text.nullish(),
  verification_status: text.nullish(),
  status: text.nullish().catch(null),
  created_at: time,
  updated_at: time,
});
type ProviderCustomer = z.output<typeof providerCustomer>;

const customerAnswer = underData(providerCustomer);

// `data` is the rows themselves, or in the oldest version an object around them.
const customerRows = underData(
  z.union([
    z.array(providerCustomer),
    z.object({ customers: z.array(providerCustomer) }).transform((data) => data.customers),
  ]),
);

const fileSlots: Record<DocumentCategory, string> = {
  IDENTITY: "id_file",
  IDENTITY_BACK: "id_file_back",
  PROOF_OF_ADDRESS: "proof_of_address_file",
  LIVENESS_CHECK: "liveness_check_file",
};

export interface CustomerListFilter {
  page?: number;
  status?: CustomerStatus;
}

/** By what a customer can be recognised; what is left out is not compared. */
export interface CustomerTraits {
  email?: string | null | undefined;
  idNumber?: string | null | undefined;
  registrationNumber?: string | null | undefined;
}

export class CustomersDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  async create(command: CreateCustomerCommand): Promise<CustomerChange> {
    const answer = await this.#provider.post("/customer", fromCreateCustomerCommand(command));
    const label = "POST /customer";
    const customer = readAs(label, customerAnswer, answer);
    if (customer.email && command.email && !isSameEmail(customer.email, command.email)) {
      throw garbled(label, "the answer is about another customer");
    }
    return this.#toChange(customer);
  }

  async update(customerId: string, fields: CustomerFields): Promise<CustomerChange> {
    const path = providerPath`/customer/${customerId}`;
    const answer = await this.#provider.put(path, fromCustomerFields(fields));
    return this.#toChange(readCustomer(`PUT ${path}`, customerId, answer));
  }

  async get(customerId: string, callClass: CallClass = "read"): Promise<CustomerChange | null> {
    try {
      const path = providerPath`/customer/${customerId}`;
      const answer = await this.#provider.get(path, undefined, callClass);
      return this.#toChange(readCustomer(`GET ${path}`, customerId, answer));
    } catch (error) {
      if (isProviderError(error, "NOT_FOUND")) return null;
      throw error;
    }
  }

  /** The customer, where every one of these fields is shown with this value; else null. */
  async getIfShowing(customerId: string, fields: CustomerFields): Promise<CustomerChange | null> {
    const path = providerPath`/customer/${customerId}`;
    try {
      const answer = await this.#provider.get(path, undefined, "write");
      const change = this.#toChange(readCustomer(`GET ${path}`, customerId, answer));
      return showsFields(answer, fields) ? change : null;
    } catch (error) {
      if (isProviderError(error, "NOT_FOUND")) return null;
      throw error;
    }
  }

  /** All that fit: the provider does not promise that an e-mail address belongs to one customer only. */
  async find(traits: CustomerTraits, callClass: CallClass = "read"): Promise<CustomerChange[]> {
    const { email, idNumber, registrationNumber } = traits;
    const query = {
      email: email ?? undefined,
      id_number: idNumber ?? undefined,
      registration_number: registrationNumber ?? undefined,
    };
    const answer = await this.#provider.get("/customer", query, callClass);
    // Older versions ignore the filter and answer with everybody.
    const rows = readAs("GET /customer", customerRows, answer).filter(
      (row) =>
        (!email || isSameEmail(row.email ?? "", email)) &&
        (!idNumber || !row.id_number || row.id_number === idNumber) &&
        (!registrationNumber || !row.registration_number || row.registration_number === registrationNumber),
    );
    return rows.map((row) => this.#toChange(row));
  }

  /** Newest first, in the provider's pages. */
  async list(
    filter: CustomerListFilter = {},
    callClass: CallClass = "read",
  ): Promise<{ changes: CustomerChange[]; hasMore: boolean }> {
    const query = { paginate: "true", page: String(filter.page ?? 1), verification_status: filter.status };
    const answer = await this.#provider.get("/customer", query, callClass);
    const rows = readAs("GET /customer", customerRows, answer);
    return {
      changes: rows.map((row) => this.#toChange(row)),
      hasMore: hasNextPage(readAs("GET /customer", pagination, answer)),
    };
  }

  /** File ids by category. The identity file starts the review, so all files of a review belong into one call. */
  async attachFiles(customerId: string, files: Partial<Record<DocumentCategory, string>>): Promise<void> {
    const slots = Object.entries(files).map(([category, fileId]) => [fileSlots[category as DocumentCategory], fileId]);
    await this.#provider.post(providerPath`/customer/${customerId}/files`, Object.fromEntries(slots));
  }

  #toChange(customer: ProviderCustomer): CustomerChange {
    const status = this.#provider.understand(toCustomerStatus, customer.verification_status ?? customer.status);
    const type = this.#provider.understand(toCustomerType, customer.type);
    return {
      kind: "customer",
      id: customer.id,
      ...(status ? { status } : {}),
      occurredAt: customer.updated_at ?? customer.created_at ?? null,
      details: {
        ...(type ? { type } : {}),
        ...(customer.first_name === undefined ? {} : { firstName: customer.first_name }),
        ...(customer.last_name === undefined ? {} : { lastName: customer.last_name }),
        ...(customer.business_name === undefined ? {} : { businessName: customer.business_name }),
        ...(customer.email ? { email: customer.email } : {}),
        ...(customer.country ? { country: customer.country.toUpperCase() } : {}),
        ...(customer.created_at ? { createdAt: customer.created_at } : {}),
      },
    };
  }
}

function readCustomer(label: string, customerId: string, answer: unknown): ProviderCustomer {
  const customer = readAs(label, customerAnswer, answer);
  if (customer.id !== customerId) throw garbled(label, "the answer is about another customer");
  return customer;
}

function isSameEmail(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
