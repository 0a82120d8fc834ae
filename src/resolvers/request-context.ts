import type { AuditTrail } from "../access/audit-trail.js";
import type { Principal } from "../access/principal.js";
import type { Journal } from "../journal/journal.js";
import type { Loaders } from "../mirror/loaders.js";
import type { Mirror } from "../mirror/mirror.js";
import type { ReferenceData } from "../mirror/reference-data.js";
import type { OperatorStatus } from "../schema/operator-status.type.js";
import type { Visibility } from "../store/visibility.js";
import type { ParkedEvents } from "../webhooks/parked-events.js";

/** What a resolver has at hand: made anew for each request and for each subscription event. */
export interface RequestContext extends Loaders {
  requestId: string;
  principal: Principal;
  visibility: Visibility;
  mirror: Mirror;
  journal: Journal;
  referenceData: ReferenceData;
  parkedEvents: ParkedEvents;
  audit: AuditTrail;
  operatorStatus: () => Promise<OperatorStatus>;
  /** Over SSE: the id of the last event that the client has seen. */
  lastEventId: string | null;
}
