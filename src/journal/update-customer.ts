import type { CustomerFields } from "../datasources/commands.js";
import type { CustomersDataSource } from "../datasources/customers.datasource.js";
import type { ProviderError } from "../datasources/provider-error.js";
import type { ChangeDoor } from "../mirror/apply-change.js";
import type { Customer } from "../schema/customer.type.js";
import { type Rejection, rejectField } from "../schema/rejection.js";
import type { UpdateCustomerInput } from "../schema/update-customer.input.js";
import type { Logger } from "../telemetry/logger.js";
import { toCustomerRejection } from "./refusals.js";
import { answerWithin, notConfirmed, sendRepeatable } from "./repeatable-write.js";

export interface UpdateCustomerParts {
  door: ChangeDoor;
  customers: CustomersDataSource;
  answerWithinMs: number;
  logger: Logger;
}

const notice = { name: "Updating a customer", unknownMessage: notConfirmed };

/** Sends the fields that the input names, and applies what the provider then shows of the customer. */
export async function updateCustomer(
  parts: UpdateCustomerParts,
  customer: Customer | null,
  { customerId, ...fields }: UpdateCustomerInput,
): Promise<void> {
  if (!customer) throw rejectField(["customerId"], "NOT_FOUND", "customerId names no customer.");
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) throw rejectField(null, "REQUIRED", "The input names no field to change.");
  const wanted = Object.fromEntries(given) as CustomerFields;
  const { customers, door, answerWithinMs, logger } = parts;
  const update = async () => {
    const deadlineMs = performance.now() + answerWithinMs;
    const write = {
      ...notice,
      send: () => customers.update(customerId, wanted),
      readBack: () => customers.getIfShowing(customerId, wanted),
      toRejection: toUpdateRejection,
    };
    await door.apply([await sendRepeatable(write, logger, deadlineMs)], { source: "MUTATION" });
  };
  await answerWithin(notice, answerWithinMs, logger, update());
}

function toUpdateRejection(error: ProviderError): Rejection {
  if (error.kind !== "NOT_FOUND") return toCustomerRejection(error);
  return rejectField(["customerId"], "NOT_FOUND", "customerId names no customer.");
}
