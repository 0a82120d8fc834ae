import type { z } from "zod";
import type { CustomerStatus, CustomerType } from "../schema/customer.enum.js";
import type { DocumentCategory } from "../schema/document.enum.js";
import type { CustomerChange } from "./changes.js";
import type { CreateCustomerCommand, CustomerFields } from "./commands.js";
import { fromCreateCustomerCommand, fromCustomerFields } from "./customer-body.js";
import { type CustomerTraits, completed, isSameEmail, namesAnother } from "./customer-match.js";
import { day, moment, recordOf, rowsOf, text, textOrNull } from "./field-reader.js";
import { hasNextPage, pagination } from "./page.js";
import { garbled, readAs } from "./provider-answer.js";
import type { BeforeSending, CallClass, ProviderClient } from "./provider-client.js";
import { isProviderError } from "./provider-error.js";
import { providerPath } from "./provider-path.js";
import { showsFields } from "./shown-fields.js";
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

export interface FoundCustomer {
  change: CustomerChange;
  traits: CustomerTraits;
}

// More pages than a list by e-mail can have: only a provider that ignores the filter gets there.
const maxPages = 20;

export class CustomersDataSource {
  readonly #provider: ProviderClient;

  constructor(provider: ProviderClient) {
    this.#provider = provider;
  }

  /** `beforeSending` runs right before the bytes go out. What the answer leaves out is taken from the command. */
  async create(command: CreateCustomerCommand, beforeSending?: BeforeSending): Promise<CustomerChange> {
    const body = fromCreateCustomerCommand(command);
    const options = beforeSending ? { beforeSending } : {};
    const answer = await this.#provider.post("/customer", body, "write", options);
    const label = "POST /customer";
    const found = this.#toFound(readAs(label, providerCustomer, answer));
    if (namesAnother(command, found.traits)) throw garbled(label, "the answer is about another customer");
    return completed(found.change, command);
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

  /**
   * All customers with the e-mail address, in any letter case. The provider does not promise that an address belongs to one
   * customer only. Throws where the list cannot be read to its end, since that proves no absence.
   */
  async findByEmail(email: string, callClass: CallClass = "read"): Promise<FoundCustomer[]> {
    const found = await this.#findAll(email, callClass);
    const lowerCase = email.toLowerCase();
    // The provider compares exactly, and may have stored it in lower case.
    return found.length > 0 || lowerCase === email ? found : this.#findAll(lowerCase, callClass);
  }

  async #findAll(email: string, callClass: CallClass): Promise<FoundCustomer[]> {
    const label = "GET /customer";
    const found: FoundCustomer[] = [];
    for (let page = 1; page <= maxPages; page += 1) {
      const query = { email, ...(page === 1 ? {} : { page: String(page), paginate: "true" }) };
      const answer = await this.#provider.get("/customer", query, callClass);
      const rows = readAs(label, customerRows, answer);
      // Older versions ignore the filter and list everybody, in pages.
      found.push(...rows.filter((row) => isSameEmail(row.email ?? "", email)).map((row) => this.#toFound(row)));
      if (rows.length === 0 || !hasNextPage(readAs(label, pagination, answer))) return found;
    }
    throw garbled(label, "the list has too many pages");
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

  #toFound(customer: ProviderCustomer): FoundCustomer {
    const change = this.#toChange(customer);
    const { id_number: idNumber, registration_number: registrationNumber } = customer;
    return { change, traits: { ...change.details, idNumber, registrationNumber } };
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
        ...(customer.country && isCountryCode(customer.country) ? { country: toCountryCode(customer.country) } : {}),
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

function isCountryCode(country: string): boolean {
  return /^\s*[a-z]{2}\s*$/i.test(country);
}

function toCountryCode(country: string): string {
  return country.trim().toUpperCase();
}

/** A type that is missing or not known shows in the names: only a business has a business name. */
function typeByName({ business_name, first_name, last_name }: ProviderCustomer): CustomerType | undefined {
  if (business_name) return first_name || last_name ? undefined : "BUSINESS";
  return first_name && last_name ? "INDIVIDUAL" : undefined;
}
