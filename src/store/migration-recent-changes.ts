// Whose rows were written last, kept by the database itself: what was read before can be told from what it still says, on
// every node, and whoever wrote it.

import { type Kysely, type Migration, sql } from "kysely";
import type { DatabaseDialect } from "./dialect.js";

/** Older ones are gone: who has not looked for so long trusts nothing of what it read. */
export const keptChanges = 1_000;

const watched: [table: string, customer: string][] = [
  ["customers", "id"],
  ["documents", "customer_id"],
  ["payouts", "customer_id"],
];
const events = ["insert", "update", "delete"] as const;

export function recentChanges(dialect: DatabaseDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .alterTable("log_head")
        .addColumn("revision", "bigint", (c) => c.notNull().defaultTo(0))
        .execute();
      await db.schema
        .createTable("recent_changes")
        .addColumn("revision", dialect === "sqlite" ? "integer" : "bigint", (c) => c.primaryKey())
        .addColumn("customer_id", "text", (c) => c.notNull())
        .addColumn("tenant", "text", (c) => c.notNull())
        .addColumn("former_tenant", "text", (c) => c.notNull())
        .execute();
      for (const trigger of dialect === "sqlite" ? sqliteTriggers() : postgresTriggers()) {
        await sql.raw(trigger).execute(db);
      }
    },
  };
}

// The row of `log_head` stays locked until the transaction ends, so that revisions appear in their order.
function sqliteTriggers(): string[] {
  return watched.flatMap(([table, customer]) =>
    events.map((event) => {
      const now = event === "delete" ? "old" : "new";
      const before = event === "insert" ? "new" : "old";
      return `create trigger ${table}_${event}_noted after ${event} on ${table} begin
        update log_head set revision = revision + 1;
        insert into recent_changes (revision, customer_id, tenant, former_tenant)
          select revision, ${now}.${customer}, ${now}.tenant, ${before}.tenant from log_head;
        delete from recent_changes where revision <= (select revision from log_head) - ${keptChanges};
      end`;
    }),
  );
}

function postgresTriggers(): string[] {
  const note = `create function note_change() returns trigger language plpgsql as $$
    declare at bigint; now_row jsonb; before_row jsonb;
    begin
      now_row := to_jsonb(case when tg_op = 'DELETE' then old else new end);
      before_row := to_jsonb(case when tg_op = 'INSERT' then new else old end);
      update log_head set revision = revision + 1 returning revision into at;
      insert into recent_changes (revision, customer_id, tenant, former_tenant)
        values (at, now_row ->> tg_argv[0], now_row ->> 'tenant', before_row ->> 'tenant');
      delete from recent_changes where revision <= at - ${keptChanges};
      return null;
    end $$`;
  return [
    note,
    ...watched.map(
      ([table, customer]) =>
        `create trigger ${table}_noted after insert or update or delete on ${table}
          for each row execute function note_change('${customer}')`,
    ),
  ];
}
