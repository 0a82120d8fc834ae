// What may be removed when it is old enough: up to where the log and the audit trail are gone is written down, and the trail
// lets go of nothing beyond that.

import { type Kysely, type Migration, sql } from "kysely";
import type { DatabaseDialect } from "./dialect.js";

export function retention(dialect: DatabaseDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable("log_head")
        .addColumn("pruned_to", "bigint", (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema.alterTable("payouts").addColumn("status_at", "bigint").execute();
      await db.schema
        .createTable("audit_anchor")
        .addColumn("seq", "bigint", (c) => c.notNull())
        .addColumn("hash", "text", (c) => c.notNull())
        .execute();
      await sql`insert into audit_anchor (seq, hash) values (0, '')`.execute(db);
      for (const statement of dialect === "sqlite" ? sqliteGuards : postgresGuards) {
        await sql.raw(statement).execute(db);
      }
    },
  };
}

// Without an anchor nothing may go.
const isKept = "old.seq > coalesce((select max(seq) from audit_anchor), 0)";

const sqliteGuards = [
  "drop trigger audit_log_no_delete",
  `create trigger audit_log_no_delete before delete on audit_log when ${isKept}
    begin select raise(abort, 'audit_log is append-only'); end`,
];
const postgresGuards = [
  "drop trigger audit_log_append_only on audit_log",
  `create trigger audit_log_append_only before update or truncate on audit_log
    for each statement execute function refuse_audit_change()`,
  `create function refuse_audit_removal() returns trigger language plpgsql as $$ begin
    if ${isKept} then raise exception 'audit_log is append-only'; end if;
    return old;
  end $$`,
  `create trigger audit_log_no_delete before delete on audit_log
    for each row execute function refuse_audit_removal()`,
];
