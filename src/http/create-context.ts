import type { AuditTrail } from "../access/audit-trail.js";
import { type Principal, visibilityOf } from "../access/principal.js";
import type { Journal } from "../journal/journal.js";
import type { Mirror } from "../mirror/mirror.js";
import type { ReferenceData } from "../mirror/reference-data.js";
import type { RequestContext } from "../resolvers/request-context.js";
import type { OperatorStatus } from "../schema/operator-status.type.js";
import type { ParkedEvents } from "../webhooks/parked-events.js";

export interface ContextParts {
  mirror: Mirror;
  journal: Journal;
  referenceData: ReferenceData;
  parkedEvents: ParkedEvents;
  audit: AuditTrail;
  operatorStatus: () => Promise<OperatorStatus>;
}

export interface ContextRequest {
  requestId: string;
  principal: Principal;
  /** Of a subscription over SSE. */
  lastEventId?: string | null;
  /** What was looked up of what was written before; null: nothing that is held is to be used. */
  revision?: number | null;
}

export type CreateContext = (request: ContextRequest) => RequestContext;

export function contextFactory(parts: ContextParts): CreateContext {
  return ({ requestId, principal, lastEventId, revision }) => {
    const visibility = visibilityOf(principal);
    return {
      requestId,
      lastEventId: lastEventId ?? null,
      principal,
      visibility,
      ...parts,
      ...parts.mirror.loaders(visibility, revision),
    };
  };
}
