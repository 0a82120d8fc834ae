import { Field, ID, InputType, ObjectType } from "type-graphql";
import { AuditOutcome } from "./audit.enum.js";
import { PageInfo } from "./connection.type.js";
import { DateTimeScalar } from "./date-time.scalar.js";
import { Faults } from "./faults.decorator.js";
import { Optional } from "./presence.decorator.js";
import { shortText } from "./text-rules.js";

@ObjectType({
  simpleResolvers: true,
  description: "One entry of the audit trail. It holds codes and ids, no messages and nothing about a person.",
})
export class AuditEntry {
  @Field(() => ID, { description: "Its number: entries are counted without a gap." })
  id!: string;

  @Field(() => DateTimeScalar, { description: "When it happened." })
  at!: Date;

  @Field(() => String, { description: "Whose it is: the caller's tenant, or whom a command was about." })
  tenant!: string;

  @Field(() => String, { description: "Who did it: a key, a token's subject, a command, or a stranger." })
  principal!: string;

  @Field(() => String, { description: "What was done: a mutation's name, or the field that was refused." })
  action!: string;

  @Field(() => String, { nullable: true, description: "The kind of thing it was done to, e.g. payout." })
  objectType!: string | null;

  @Field(() => ID, { nullable: true, description: "The id of what it was done to." })
  objectId!: string | null;

  @Field(() => AuditOutcome, { description: "What became of it." })
  outcome!: AuditOutcome;

  @Field(() => String, { nullable: true, description: "What else is known, as JSON: codes, paths and ids." })
  detail!: string | null;

  @Field(() => String, { nullable: true, description: "The request that asked for it, as in the log." })
  requestId!: string | null;

  @Field(() => String, { description: "The hash of the entry before it." })
  previousHash!: string;

  @Field(() => String, { description: "SHA-256 over all else that the entry holds." })
  hash!: string;
}

function NotBeforeFrom(): PropertyDecorator {
  return Faults("notBeforeFrom", (value, input, field) => {
    const from = input instanceof AuditFilter ? input.from : null;
    return value instanceof Date && from instanceof Date && value < from
      ? [{ code: "INVALID", message: `${field} must not be before from.` }]
      : [];
  });
}

@InputType({ description: "Which entries to list: those that meet every condition given." })
export class AuditFilter {
  @Field(() => String, { nullable: true, description: "Of this tenant." })
  @Optional(shortText)
  tenant?: string | null;

  @Field(() => String, { nullable: true, description: "By this caller." })
  @Optional(shortText)
  principal?: string | null;

  @Field(() => String, { nullable: true, description: "Of this action, e.g. createPayout." })
  @Optional(shortText)
  action?: string | null;

  @Field(() => ID, { nullable: true, description: "Done to what has this id." })
  @Optional(shortText)
  objectId?: string | null;

  @Field(() => [AuditOutcome], { nullable: true, description: "With any of these outcomes." })
  outcome?: AuditOutcome[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "At this instant or later." })
  from?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: "Before this instant." })
  @NotBeforeFrom()
  to?: Date | null;
}

@ObjectType({ simpleResolvers: true, description: "An entry of the audit trail in a list, with its place." })
export class AuditEdge {
  @Field(() => String, { description: "The entry's place in the list." })
  cursor!: string;

  @Field(() => AuditEntry, { description: "The entry." })
  node!: AuditEntry;
}

@ObjectType({ simpleResolvers: true, description: "One page of the audit trail." })
export class AuditConnection {
  @Field(() => [AuditEdge], { description: "The page's entries with their places." })
  edges!: AuditEdge[];

  @Field(() => [AuditEntry], { description: "The page's entries." })
  nodes!: AuditEntry[];

  @Field(() => PageInfo, { description: "Where the page lies in the list." })
  pageInfo!: PageInfo;
}
