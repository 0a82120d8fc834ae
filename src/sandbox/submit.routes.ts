import { Big } from "big.js";
import type { FastifyInstance } from "fastify";
import { refused } from "./api-error.js";
import type { ById } from "./customer.routes.js";
import type { CustomerReview } from "./customer-review.js";
import type { CustomerRecord, Customers } from "./customers.js";

/** Submitting for verification by hand. Company documents cannot be uploaded here, so a business is never ready. */
export function registerSubmitRoutes(app: FastifyInstance, customers: Customers, review: CustomerReview): void {
  app.post<ById>("/customer/:id/submit", { config: { scope: "customer:write" } }, async (request) => {
    const customer = customers.find(request.params.id);
    if (customer === undefined) throw refused(404, "Customer not found.");
    if (customer.status === "VERIFIED" || customer.status === "PROCESSING") {
      throw refused(400, "Customer is already verified or under review.");
    }
    const gap = firstGap(customer);
    if (gap !== undefined) throw refused(422, `Cannot verify ${customer.type} customer: ${gap}`);
    review.start(customer);
    return {
      message: "Customer submitted for verification successfully",
      data: { id: customer.id, type: customer.type, verification_status: "PROCESSING", owners: [], documents: [] },
    };
  });
}

function firstGap({ type, fields, files, owners }: CustomerRecord): string | undefined {
  if (type === "individual") return files.id_file === undefined ? "id_file is required." : undefined;
  for (const name of ["business_name", "registration_number", "incorporation_country"]) {
    if (!fields[name]) return `${name} is required.`;
  }
  if (owners.length === 0) return "at least one owner is required.";
  const shares = owners.reduce((sum, owner) => sum.plus(owner.ownership_percentage ?? 0), new Big(0));
  if (!shares.eq(100)) return "ownership percentages must sum to 100.";
  return "at least one formation document is required.";
}
