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

/**
 * Once for each statement, and once for each customer in it: a customer that changes hands with all its payouts would
 * otherwise write as many versions of the one row of `log_head`.
 */
function postgresTriggers(): string[] {
  return watched.flatMap(([table, customer]) => [
    `create function note_${table}() returns trigger language plpgsql as $$ begin
      if tg_op = 'INSERT' then ${note(`select distinct ${customer}, tenant, tenant from added`)}
      elsif tg_op = 'DELETE' then ${note(`select distinct ${customer}, tenant, tenant from removed`)}
      else ${note(`select distinct a.${customer}, a.tenant, r.tenant from added a join removed r using (id)`)}
      end if;
      return null;
    end $$`,
    ...events.map(
      // By its name it is the first of the table's triggers: it takes the log before another one takes what is counted.
      (event) => `create trigger changes_noted_${event} after ${event} on ${table} ${transition[event]}
        for each statement execute function note_${table}()`,
    ),
  ]);
}

const transition = {
  insert: "referencing new table as added",
  update: "referencing old table as removed new table as added",
  delete: "referencing old table as removed",
};

function note(rows: string): string {
  return `
    with noted (customer_id, tenant, former_tenant) as (${rows}),
      numbered as (select row_number() over () as nr, count(*) over () as total, * from noted),
      head as (
        update log_head set revision = revision + (select count(*) from noted)
          where exists (select from noted) returning revision
      )
      insert into recent_changes (revision, customer_id, tenant, former_tenant)
        select revision - total + nr, customer_id, tenant, former_tenant from numbered, head
          where nr > total - ${keptChanges};
    delete from recent_changes where revision <= (select revision from log_head) - ${keptChanges};`;
}
