import { AccessError } from "../access/access-error.js";
import { hasScope } from "../access/principal.js";
import type { PayoutFilter } from "../schema/filter.input.js";
import type { PayoutSearch } from "../store/payout.queries.js";
import { requireValid } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

const field = "PayoutFilter.hasMismatch";
// A request can list many times: it is one entry of the audit trail.
const noted = new WeakSet<RequestContext>();

/** The filter as a search. Throws an AccessError if it needs a scope that the caller does not have. */
export function toPayoutSearch(filter: PayoutFilter | null, context: RequestContext): PayoutSearch {
  if (!filter) return {};
  const { principal, audit, requestId } = context;
  const asksMismatch = filter.hasMismatch !== undefined && filter.hasMismatch !== null;
  if (asksMismatch && !hasScope(principal, "operator")) {
    if (!noted.has(context)) audit.note({ principal, action: field, requestId, detail: { code: "FORBIDDEN" } });
    noted.add(context);
    throw new AccessError("FORBIDDEN", `${field} needs the scope operator.`);
  }
  return requireValid("filter", filter);
}
