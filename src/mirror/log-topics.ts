// Where in the live log's index a reader stands, so that an entry finds those whom it concerns without asking anybody else.

import type { LogFilter, StatusLogRow } from "../store/status-log.queries.js";
import type { Visibility } from "../store/visibility.js";

/** The topic under which all that the reader asked for is announced. */
export function topicOf({ customerId, entity }: LogFilter, { tenant }: Visibility): string {
  if (entity) return topic(tenant, entity.kind, entity.id);
  return customerId ? topic(tenant, "customer", customerId) : topic(tenant);
}

/** Every topic that the entry belongs to. */
export function topicsOf({ tenant, entity, entity_id, customer_id }: StatusLogRow): string[] {
  return [tenant, null].flatMap((owner) => [
    topic(owner),
    topic(owner, entity, entity_id),
    topic(owner, "customer", customer_id),
  ]);
}

/** Says of one entry what the store says of many. */
export function concerns(entry: StatusLogRow, { customerId, entity }: LogFilter, visibility: Visibility): boolean {
  const { tenant, entities } = visibility;
  return (
    (tenant === null || entry.tenant === tenant) &&
    (entities === null || entities.includes(entry.entity)) &&
    (!customerId || entry.customer_id === customerId) &&
    (!entity || (entry.entity === entity.kind && entry.entity_id === entity.id))
  );
}

function topic(...parts: (string | null)[]): string {
  return JSON.stringify(parts);
}
