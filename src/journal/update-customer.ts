import type { CustomerFields } from "../datasources/commands.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import { isProviderError } from "../datasources/provider-error.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { Customer } from "../schema/customer.type.js";
import { rejectField } from "../schema/rejection.js";
import type { UpdateCustomerInput } from "../schema/update-customer.input.js";
import { toCustomerRejection } from "./refusals.js";

export interface UpdateCustomerParts {
  door: ChangeDoor;
  customers: CustomersDataSource;
}

/** Sends what the input names, and takes over what the provider answers. */
export async function updateCustomer(
  parts: UpdateCustomerParts,
  customer: Customer | null,
  { customerId, ...fields }: UpdateCustomerInput,
): Promise<void> {
  if (!customer) throw rejectField(["customerId"], "NOT_FOUND", "customerId names no customer.");
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw rejectField(null, "REQUIRED", "The input names no field to change.");
  try {
    const change = await parts.customers.update(customerId, Object.fromEntries(given) as CustomerFields);
    await parts.door.apply([change], { source: "MUTATION" });
  } catch (error) {
    if (isProviderError(error, "REFUSED")) throw toCustomerRejection(error);
    if (isProviderError(error, "NOT_FOUND")) {
      throw rejectField(["customerId"], "NOT_FOUND", "customerId names no customer.");
    }
    throw error;
  }
}
