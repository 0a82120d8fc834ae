import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from "type-graphql";
import type { Countable } from "../mirror/pages.js";
import { AuditConnection, AuditFilter } from "../schema/audit.type.js";
import { auditConnection } from "./audit-pages.js";
import { pageSize, requireValid } from "./input-checks.js";
import type { RequestContext } from "./request-context.js";

@Resolver(() => AuditConnection)
export class AuditResolver {
  @Query(() => AuditConnection, {
    description: "Who did what to which object with which outcome, the newest entry first.",
  })
  auditEntries(
    @Arg("first", () => Int, { nullable: true, defaultValue: 50, description: "Page size, 1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true, description: "The cursor of the last edge that was seen." })
    after: string | null = null,
    @Arg("filter", () => AuditFilter, { nullable: true, description: "Which entries to list." })
    filter: AuditFilter | null,
    @Ctx() { audit }: RequestContext,
  ) {
    const search = filter ? requireValid("filter", filter) : {};
    return auditConnection(audit, search, { first: pageSize(first, 50), after });
  }

  @FieldResolver(() => Int, { description: "How many entries the whole list has." })
  totalCount(@Root() connection: AuditConnection & Countable) {
    return connection.countAll();
  }
}
