import { Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { DateTimeScalar } from "./date-time.scalar.js";
import { EachId } from "./list.decorator.js";
import { UserError } from "./user-error.type.js";

@ObjectType({ simpleResolvers: true, description: "A webhook event that could not be applied. Its body is not shown." })
export class ParkedWebhookEvent {
  @Field(() => ID, { description: "The gateway's id of the event." })
  id!: string;

  @Field(() => String, { description: "The provider's name for it, e.g. payout; empty where it could not be read." })
  type!: string;

  @Field(() => String, {
    nullable: true,
    description: "The transaction or customer that it speaks of, where it says so.",
  })
  subject!: string | null;

  @Field(() => String, { nullable: true, description: "Why it could not be applied." })
  reason!: string | null;

  @Field(() => Boolean, { description: "Whether another event with its key, but other content, was received too." })
  isConflict!: boolean;

  @Field(() => Int, { description: "How often it was tried." })
  attempts!: number;

  @Field(() => DateTimeScalar, { description: "When it was received." })
  receivedAt!: Date;
}

@InputType({ description: "Which parked webhook events to try again." })
export class RetryWebhookEventsInput {
  @Field(() => [ID], { nullable: true, description: "The events; left out, all that are parked." })
  @EachId()
  ids?: string[] | null;
}

@ObjectType({ simpleResolvers: true, description: "What became of retryWebhookEvents." })
export class RetryWebhookEventsPayload {
  @Field(() => [ID], { description: "The events that were parked and are tried again now." })
  ids!: string[];

  @Field(() => [UserError], { description: "All that the caller must mend." })
  userErrors!: UserError[];
}
