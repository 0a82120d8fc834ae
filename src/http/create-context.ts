import { operator, visibilityOf } from "../access/principal.js";
import type { Journal } from "../journal/journal.js";
import type { Mirror } from "../mirror/mirror.js";
import type { ReferenceData } from "../mirror/reference-data.js";
import type { RequestContext } from "../resolvers/request-context.js";
import type { ParkedEvents } from "../webhooks/parked-events.js";

export interface ContextParts {
  mirror: Mirror;
  journal: Journal;
  referenceData: ReferenceData;
  parkedEvents: ParkedEvents;
}

export type CreateContext = (request: Pick<RequestContext, "requestId" | "lastEventId">) => RequestContext;

export function contextFactory(parts: ContextParts): CreateContext {
  return ({ requestId, lastEventId }) => {
    const principal = operator;
    const visibility = visibilityOf(principal);
    return {
      requestId,
      lastEventId,
      principal,
      visibility,
      ...parts,
      ...parts.mirror.loaders(visibility),
    };
  };
}
