import { Field, InterfaceType, ObjectType } from "type-graphql";
import { CursorScalar } from "./cursor.scalar.js";
import { CustomerStatus } from "./customer.enum.js";
import { DateTimeScalar } from "./date-time.scalar.js";
import { DocumentStatus } from "./document.enum.js";
import { PayoutStatus } from "./payout.enum.js";
import { StatusSource } from "./status-change.enum.js";

export type StatusChangeEntity = "CUSTOMER" | "PAYOUT" | "DOCUMENT";

const typeNames: Record<StatusChangeEntity, string> = {
  CUSTOMER: "CustomerStatusChange",
  PAYOUT: "PayoutStatusChange",
  DOCUMENT: "DocumentStatusChange",
};

export function statusChangeTypeName(change: { entity: StatusChangeEntity }): string {
  return typeNames[change.entity];
}

@InterfaceType({
  description: "One entry of the status log: what changed, when, and who said so.",
  resolveType: statusChangeTypeName,
})
export abstract class StatusChange {
  @Field(() => CursorScalar, { description: "The entry's position in the status log." })
  cursor!: string;

  @Field(() => StatusSource, { description: "Who brought the news." })
  source!: StatusSource;

  @Field(() => String, { nullable: true, description: "Why the status changed, where the provider says so." })
  reason!: string | null;

  @Field(() => DateTimeScalar, { description: "When it happened, by the provider's clock where it says so." })
  occurredAt!: Date;

  @Field(() => DateTimeScalar, { description: "When the gateway wrote it down." })
  recordedAt!: Date;

  /** Tells the three kinds apart. Clients do not see it. */
  entity!: StatusChangeEntity;

  /** Feeds `customer`, `payout` or `document`. Clients do not see it. */
  entityId!: string;

  /** Log position; feeds `cursor`. Clients do not see it. */
  position!: number;
}

@ObjectType({ simpleResolvers: true, implements: StatusChange, description: "A customer's status moved." })
export class CustomerStatusChange extends StatusChange {
  @Field(() => CustomerStatus, { nullable: true, description: "The status before; null for the first." })
  from!: CustomerStatus | null;

  @Field(() => CustomerStatus, { description: "The status after." })
  to!: CustomerStatus;
}

@ObjectType({ simpleResolvers: true, implements: StatusChange, description: "A payout's status moved." })
export class PayoutStatusChange extends StatusChange {
  @Field(() => PayoutStatus, { nullable: true, description: "The status before; null for the first." })
  from!: PayoutStatus | null;

  @Field(() => PayoutStatus, { description: "The status after." })
  to!: PayoutStatus;
}

@ObjectType({ simpleResolvers: true, implements: StatusChange, description: "A document's status moved." })
export class DocumentStatusChange extends StatusChange {
  @Field(() => DocumentStatus, { nullable: true, description: "The status before; null for the first." })
  from!: DocumentStatus | null;

  @Field(() => DocumentStatus, { description: "The status after." })
  to!: DocumentStatus;
}
