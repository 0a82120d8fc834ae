import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { FieldErrors, refused, refusedWithFlag } from "./api-error.js";
import { toCustomerDetail, toCustomerRow, toKycData, toNewCustomer } from "./customer-answers.js";
import { readCustomerUpdate, readKycData, readNewCustomer } from "./customer-fields.js";
import { readOwners } from "./customer-owners.js";
import type { CustomerReview } from "./customer-review.js";
import type { CustomerFilter, CustomerRecord, Customers } from "./customers.js";
import { breakConnection } from "./faults.js";
import { customerMagicOf } from "./magic-values.js";
import type { MixedShapes } from "./mixed-shapes.js";
import { toPageInfo, toPageNumber } from "./page-of.js";
import { type Fields, fieldOf, toFields } from "./request-fields.js";

const pageSize = 15;

export interface CustomerRouteParts {
  customers: Customers;
  review: CustomerReview;
  shapes: MixedShapes;
}

export interface ById {
  Params: { id: string };
}

export function registerCustomerRoutes(app: FastifyInstance, { customers, review, shapes }: CustomerRouteParts): void {
  app.post("/customer", { config: { scope: "customer:write" } }, async (request, reply) => {
    const customer = create(toFields(request.body), customers);
    const magic = magicOf(customer);
    if (magic.has("pre-verified")) review.startWithoutDocuments(customer);
    if (magic.has("answer-lost")) return breakConnection(request, reply);
    return reply.code(201).send({ message: "Customer created successfully.", data: toNewCustomer(customer) });
  });

  app.get("/customer", { config: { scope: "customer:read" } }, async (request) => {
    const query = toFields(request.query);
    const filter = toFilter(query);
    const message = "Customers retrieved successfully.";
    if (!["true", "1"].includes(String(query.paginate))) {
      return { message, data: customers.list(filter).rows.map(toCustomerRow) };
    }
    const page = { number: toPageNumber(query.page), size: pageSize };
    const { rows, total } = customers.list(filter, (page.number - 1) * page.size, page.size);
    return { message, data: rows.map(toCustomerRow), ...toPageInfo("/api/external/customer", page, total) };
  });

  app.get<ById>("/customer/:id", { config: { scope: "customer:read" } }, async (request) => {
    const data = detailOf(customers.get(request.params.id));
    return shapes.answer({ message: "Customer retrieved successfully", data }, "customer");
  });

  const update = async (request: FastifyRequest<ById>, reply: FastifyReply) => {
    const customer = customers.get(request.params.id);
    const body = toFields(request.body);
    const sent = readCustomerUpdate(body, customer);
    const isTaken = Object.keys(sent).some((name) => customer.fields[name] !== null);
    if (customer.status === "VERIFIED" && isTaken) {
      throw refusedWithFlag(400, "Verified customers can only update fields that are currently null");
    }
    const saved = customers.save({ ...customer, fields: { ...customer.fields, ...sent } });
    return reply.send({ message: "Customer updated successfully", data: toCustomerRow(saved) });
  };
  app.put<ById>("/customer/:id", { config: { scope: "customer:write" } }, update);
  app.patch<ById>("/customer/:id", { config: { scope: "customer:write" } }, update);

  app.post<ById>("/customer/:id/kyc-data", { config: { scope: "customer:write" } }, async (request) => {
    const customer = customers.get(request.params.id);
    const sent = readKycData(toFields(request.body), customer);
    const saved = customers.save({ ...customer, fields: { ...customer.fields, ...sent } });
    const { kyb_scope: _, ...row } = toNewCustomer(saved);
    return {
      message: "Business customer KYC data updated successfully.",
      data: { ...row, kyc_data: toKycData(saved) },
    };
  });

  app.get<ById>("/customer/:id/beneficiary", { config: { scope: "beneficiary:read" } }, async (request) => {
    customers.get(request.params.id);
    return { message: "Customers retrieved successfully.", data: [] };
  });

  app.get<ById>("/customer/:id/beneficiary/:beneficiary", { config: { scope: "beneficiary:read" } }, async () => {
    throw refused(404, "Beneficiary not found");
  });
}

function create(body: Fields, customers: Customers): CustomerRecord {
  const errors = new FieldErrors();
  const type = fieldOf(body, "type");
  if (type !== "individual" && type !== "business") {
    if (type === undefined) errors.required("type");
    else errors.selected("type");
    errors.throwIfAny();
    throw refused(422, "The selected type is invalid.");
  }
  const fields = readNewCustomer(body, type, errors);
  if (type === "individual") {
    errors.throwIfAny();
    return customers.add(type, fields, [], null);
  }
  const kybScope = fieldOf(body, "kyb_scope") ?? "FULL";
  // MINIMAL is for businesses that the provider put on a list, which this one is not on.
  if (kybScope !== "FULL") errors.selected("kyb_scope");
  const owners = readOwners(fieldOf(body, "owners"), errors);
  if (customers.isRegistered(fields.registration_number ?? "", fields.incorporation_country ?? "")) {
    errors.add("registration_number", "The registration number has already been taken.");
  }
  errors.throwIfAny();
  return customers.add(type, fields, owners, "FULL");
}

function toFilter(query: Fields): CustomerFilter {
  const text = (name: string) => {
    const value = fieldOf(query, name);
    return typeof value === "string" ? value : undefined;
  };
  return {
    email: text("email"),
    id_number: text("id_number"),
    registration_number: text("registration_number"),
    status: text("verification_status")?.toUpperCase(),
    type: text("type")?.toLowerCase(),
  };
}

function detailOf(customer: CustomerRecord): Record<string, unknown> {
  return toCustomerDetail(customer, magicOf(customer).has("enhanced-review"));
}

function magicOf(customer: CustomerRecord) {
  return customerMagicOf(customer.fields.email ?? "");
}
