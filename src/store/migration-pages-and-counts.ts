// What keeps a page, and the total beside it, as quick with a million rows as with a few: an index in the order of the page
// for each condition that it may have, and counts that the database itself keeps.

import { type Kysely, type Migration, sql } from "kysely";
import type { DatabaseDialect } from "./dialect.js";

const pages: [name: string, table: string, columns: string[]][] = [
  ["payouts_by_status", "payouts", ["tenant", "status", "created_at", "id"]],
  ["payouts_by_status_and_currency", "payouts", ["tenant", "status", "amount_currency", "created_at", "id"]],
  ["customers_by_status", "customers", ["tenant", "status", "created_at", "id"]],
  // For whom sees all tenants.
  ["all_payouts_by_age", "payouts", ["created_at", "id"]],
  ["all_payouts_by_status", "payouts", ["status", "created_at", "id"]],
  ["all_payouts_by_status_and_currency", "payouts", ["status", "amount_currency", "created_at", "id"]],
  ["all_customers_by_age", "customers", ["created_at", "id"]],
  ["all_customers_by_status", "customers", ["status", "created_at", "id"]],
];

interface Counted {
  table: string;
  counts: string;
  /** Columns of the counts, each with the one that it stands for. Nothing is an empty text there: a key has no null. */
  keys: [key: string, column: string][];
}

const counted: Counted[] = [
  {
    table: "payouts",
    counts: "payout_counts",
    keys: [
      ["tenant", "tenant"],
      ["status", "status"],
      ["currency", "amount_currency"],
      ["wallet", "wallet_id"],
    ],
  },
  {
    table: "customers",
    counts: "customer_counts",
    keys: [
      ["tenant", "tenant"],
      ["status", "status"],
      ["type", "type"],
    ],
  },
];

export function pagesAndCounts(dialect: DatabaseDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      for (const [name, table, columns] of pages) {
        await db.schema.createIndex(name).on(table).columns(columns).execute();
      }
      for (const each of counted) {
        const keys = each.keys.map(([key]) => key);
        let table = db.schema.createTable(each.counts);
        for (const key of keys) table = table.addColumn(key, "text", (c) => c.notNull());
        await table
          .addColumn("count", "bigint", (c) => c.notNull())
          .addPrimaryKeyConstraint(`${each.counts}_pkey`, keys as never[])
          .execute();
        // First: on PostgreSQL they keep writers out from here to the end, so that none is missed by the counting.
        const triggers = dialect === "sqlite" ? sqliteTriggers(each) : postgresTriggers(each);
        for (const trigger of triggers) await sql.raw(trigger).execute(db);
        const values = valuesOf(each, "");
        await sql
          .raw(
            `insert into ${each.counts} (${keys.join(", ")}, count)
               select ${values.join(", ")}, count(*) from ${each.table} group by ${values.join(", ")}`,
          )
          .execute(db);
      }
    },
  };
}

function valuesOf({ keys }: Counted, prefix: string): string[] {
  return keys.map(([, column]) => `coalesce(${prefix}${column}, '')`);
}

/** SQLite has one writer at a time, and changes a row in place. */
function sqliteTriggers(each: Counted): string[] {
  const { table, counts, keys } = each;
  const names = keys.map(([key]) => key).join(", ");
  const columns = keys.map(([, column]) => column);
  const add = `insert into ${counts} (${names}, count) values (${valuesOf(each, "new.").join(", ")}, 1)
    on conflict (${names}) do update set count = count + 1;`;
  const remove = `update ${counts} set count = count - 1 where (${names}) = (${valuesOf(each, "old.").join(", ")});`;
  const isOther = columns.map((column) => `old.${column} is not new.${column}`).join(" or ");
  return [
    `create trigger ${counts}_insert after insert on ${table} begin ${add} end`,
    `create trigger ${counts}_delete after delete on ${table} begin ${remove} end`,
    `create trigger ${counts}_update after update of ${columns.join(", ")} on ${table} when ${isOther}
      begin ${remove} ${add} end`,
  ];
}

/**
 * Once for each statement: to count row by row would write a version of a count for each row of a customer that changes
 * hands. Writers do not wait for each other's counts: whoever changes an entity holds the log already.
 */
function postgresTriggers(each: Counted): string[] {
  const { table, counts, keys } = each;
  const names = keys.map(([key]) => key).join(", ");
  const select = (rows: string, by: number) => `select ${valuesOf(each, "")}, ${by} from ${rows}`;
  const count = (changes: string) => `
    insert into ${counts} as kept (${names}, count)
      select ${names}, sum(by) from (${changes}) as change (${names}, by)
        group by ${names} having sum(by) <> 0 order by ${names}
      on conflict (${names}) do update set count = kept.count + excluded.count;`;
  const trigger = (event: string, tables: string) =>
    `create trigger ${counts}_${event} after ${event} on ${table} ${tables}
      for each statement execute function keep_${counts}()`;
  return [
    `create function keep_${counts}() returns trigger language plpgsql as $$ begin
      if tg_op = 'INSERT' then ${count(select("added", 1))}
      elsif tg_op = 'DELETE' then ${count(select("removed", -1))}
      elsif tg_op = 'UPDATE' then ${count(`${select("added", 1)} union all ${select("removed", -1)}`)}
      else delete from ${counts};
      end if;
      return null;
    end $$`,
    trigger("insert", "referencing new table as added"),
    trigger("delete", "referencing old table as removed"),
    trigger("update", "referencing old table as removed new table as added"),
    trigger("truncate", ""),
  ];
}
