import type { z } from "zod";
import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { DocumentCategory } from "../schema/document.enum.js";
import type { CustomerChange } from "./changes.js";
import type { CreateCustomerCommand, CustomerFields } from "./commands.js";
import { fromCreateCustomerCommand, fromCustomerFields } from "./customer-body.js";
import { day, moment, recordOf, rowsOf, text, textOrNull } from "./field-reader.js";
import { hasNextPage, pagination } from "./page.js";
import { garbled, readAs } from "./provider-answer.js";
import type { CallClass, ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { providerPath } from "./provider-path.js";
import { toCustomerStatus, toCustomerType } from "./status-words.js";

const customerFields = {
  nestedIn: ["customer"],
  id: [".id", "customer_id"],
  fields: {
    id: text(".id", "customer_id"),
    type: text(".type", "customer_type"),
    first_name: textOrNull("first_name"),
    last_name: textOrNull("last_name"),
    business_name: textOrNull("business_name"),
    id_number: text("id_number"),
    registration_number: text("registration_number"),
    email: text(".email", "customer_email"),
    country: text(".country", "incorporation_country"),
    verification_status: text("verification_status", "customer_status", "new_status", ".status"),
    created_at: day("created_at"),
    updated_at: moment("updated_at"),
  },
};

const providerCustomer = recordOf(customerFields, { required: ["id"] });
type ProviderCustomer = z.output<typeof providerCustomer>;

// `data` is the rows themselves, or in the oldest version an object around them.
const customerRows = rowsOf(providerCustomer, "customers");

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
    const customer = readAs(label, providerCustomer, answer);
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
    const status = this.#provider.understand(toCustomerStatus, customer.verification_status);
    const type = this.#provider.understand(toCustomerType, customer.type) ?? typeByName(customer);
    return {
      kind: "customer",
      id: customer.id,
      ...(status ? { status } : {}),
      ...(status === undefined && customer.verification_status ? { unknownStatus: customer.verification_status } : {}),
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
  const customer = readAs(label, providerCustomer, answer);
  if (customer.id !== customerId) throw garbled(label, "the answer is about another customer");
  return customer;
}

/** A type that is missing or not known shows in the names: only a business has a business name. */
function typeByName({ business_name, first_name, last_name }: ProviderCustomer): CustomerType | undefined {
  if (business_name) return first_name || last_name ? undefined : "BUSINESS";
  return first_name && last_name ? "INDIVIDUAL" : undefined;
}

function isSameEmail(a: string, b: string): boolean {
  return a.trim().toLowerCase() === b.trim().toLowerCase();
}
