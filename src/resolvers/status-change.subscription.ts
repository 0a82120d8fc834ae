import { Arg, ID, Resolver, Root, Subscription } from "type-graphql";
import { CursorScalar } from "../schema/cursor.scalar.js";
import { CustomerStatusChange, PayoutStatusChange, StatusChange } from "../schema/status-change.type.js";
import type { LogFilter } from "../store/status-log.queries.js";
import { badUserInput } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

interface SubscribeData {
  args: { after?: string | null; customerId?: string | null; payoutId?: string | null };
  context: RequestContext;
}

const afterDescription = "Begin with everything later than this position; without it, from now on.";

function follow({ args, context }: SubscribeData, filter: LogFilter) {
  // A browser that reconnects by itself repeats the old query, and says in Last-Event-ID how far it has come since.
  const after = context.lastEventId ?? args.after ?? null;
  return context.mirror.followStatusChanges(after, filter, context.visibility);
}

@Resolver()
export class StatusChangeSubscription {
  @Subscription(() => StatusChange, {
    description: `Every status change the caller may see, live; with after, first all that came later than that position,
then live, without a gap or a repeat. Over SSE each event's id is its cursor, and Last-Event-ID stands for after.`,
    subscribe: (data: SubscribeData) => {
      const { customerId, payoutId } = data.args;
      if (customerId && payoutId) throw badUserInput("Give customerId or payoutId, not both.");
      return follow(data, {
        customerId: customerId ?? null,
        entity: payoutId ? { kind: "PAYOUT", id: payoutId } : null,
      });
    },
  })
  statusChanged(
    @Root() change: StatusChange,
    @Arg("after", () => CursorScalar, { nullable: true, description: afterDescription }) _after?: string | null,
    @Arg("customerId", () => ID, {
      nullable: true,
      description: "Only changes of this customer, its documents and its payouts.",
    })
    _customerId?: string | null,
    @Arg("payoutId", () => ID, { nullable: true, description: "Only changes of this payout." })
    _payoutId?: string | null,
  ): StatusChange {
    return change;
  }

  @Subscription(() => CustomerStatusChange, {
    description: "The status changes of one customer, live or from a position on.",
    subscribe: (data: SubscribeData) =>
      follow(data, { entity: { kind: "CUSTOMER", id: data.args.customerId as string } }),
  })
  customerStatusChanged(
    @Root() change: CustomerStatusChange,
    @Arg("customerId", () => ID, { description: "The customer to follow." }) _customerId: string,
    @Arg("after", () => CursorScalar, { nullable: true, description: afterDescription }) _after?: string | null,
  ): CustomerStatusChange {
    return change;
  }

  @Subscription(() => PayoutStatusChange, {
    description: "The status changes of one payout, live or from a position on.",
    subscribe: (data: SubscribeData) => follow(data, { entity: { kind: "PAYOUT", id: data.args.payoutId as string } }),
  })
  payoutStatusChanged(
    @Root() change: PayoutStatusChange,
    @Arg("payoutId", () => ID, { description: "The payout to follow." }) _payoutId: string,
    @Arg("after", () => CursorScalar, { nullable: true, description: afterDescription }) _after?: string | null,
  ): PayoutStatusChange {
    return change;
  }
}
