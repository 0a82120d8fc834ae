import { toApiTime } from "./api-time.js";
import { businessId } from "./business.js";
import type { CustomerRecord } from "./customers.js";

/** What creating a customer answers. */
export function toNewCustomer(customer: CustomerRecord): Record<string, unknown> {
  const { fields } = customer;
  return {
    id: customer.id,
    business_id: businessId,
    first_name: fields.first_name ?? null,
    last_name: fields.last_name ?? null,
    business_name: fields.business_name ?? null,
    type: customer.type,
    email: fields.email,
    country: fields.country,
    id_type: fields.id_type ?? null,
    id_number: fields.id_number ?? null,
    verification_status: customer.status,
    kyb_scope: customer.kybScope,
  };
}

export function toCustomerRow(customer: CustomerRecord): Record<string, unknown> {
  const { fields } = customer;
  return {
    id: customer.id,
    business_id: businessId,
    type: customer.type,
    first_name: fields.first_name ?? null,
    last_name: fields.last_name ?? null,
    business_name: fields.business_name ?? null,
    email: fields.email,
    phone: fields.phone ?? null,
    country: fields.country,
    id_type: fields.id_type ?? null,
    id_number: fields.id_number ?? null,
    registration_number: fields.registration_number ?? null,
    incorporation_country: fields.incorporation_country ?? null,
    verification_status: customer.status,
    created_at: toApiTime(customer.createdAt),
    updated_at: toApiTime(customer.updatedAt),
  };
}

/** One customer in full. An individual's files are not in it: the provider never lists them. */
export function toCustomerDetail(customer: CustomerRecord, isUnderEnhancedReview: boolean): Record<string, unknown> {
  const detail: Record<string, unknown> = {
    ...toCustomerRow(customer),
    tin: customer.fields.tin ?? null,
    enhanced_due_diligence: isUnderEnhancedReview,
    kyc_data: toKycData(customer),
  };
  if (customer.type === "business") {
    detail.kyb_scope = customer.kybScope;
    detail.owners = customer.owners;
    detail.documents = [];
  }
  if (customer.type === "business" || customer.comments.length > 0) {
    detail.recent_comments = customer.comments.slice(-3).map(({ id, comment, at }) => ({
      id,
      comment,
      type: "VERIFICATION",
      created_at: toApiTime(at),
    }));
  }
  return detail;
}

export function toKycData({ kycId, fields }: CustomerRecord): Record<string, unknown> {
  return {
    id: kycId,
    dob: fields.dob ?? null,
    street: fields.street ?? null,
    city: fields.city ?? null,
    state: fields.state ?? null,
    zip_code: fields.zip_code ?? null,
    operating_street: fields.operating_street ?? null,
    operating_city: fields.operating_city ?? null,
    operating_state: fields.operating_state ?? null,
    operating_zip_code: fields.operating_zip_code ?? null,
    id_expiry_date: fields.id_expiry_date ?? null,
    id_issue_date: fields.id_issue_date ?? null,
  };
}
