import { Arg, Ctx, Int, Mutation, Query, Resolver } from "type-graphql";
import {
  ParkedWebhookEvent,
  RetryWebhookEventsInput,
  RetryWebhookEventsPayload,
} from "../schema/webhook-event.type.js";
import { asPayload, pageSize } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

@Resolver()
export class WebhookEventResolver {
  @Query(() => [ParkedWebhookEvent], {
    description: "Webhook events that could not be applied, the newest first.",
  })
  parkedWebhookEvents(
    @Arg("first", () => Int, { nullable: true, defaultValue: 20, description: "How many, 1 to 100." }) first: number,
    @Ctx() { parkedEvents }: RequestContext,
  ) {
    return parkedEvents.list(pageSize(first, 20));
  }

  @Mutation(() => RetryWebhookEventsPayload, {
    description: "Has parked webhook events applied again, as if they had just been received.",
  })
  retryWebhookEvents(
    @Arg("input", () => RetryWebhookEventsInput, { description: "Which events." }) input: RetryWebhookEventsInput,
    @Ctx() { parkedEvents }: RequestContext,
  ): Promise<RetryWebhookEventsPayload> {
    return asPayload(input, { ids: [] }, async () => ({ ids: await parkedEvents.retry(input.ids ?? null) }));
  }
}
