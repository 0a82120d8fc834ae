// Forward only: a migration that was released is never edited, a change is a new one.

import { randomBytes } from "node:crypto";
import { type ColumnDataType, type Kysely, type Migration, type MigrationProvider, sql } from "kysely";
import type { DatabaseDialect } from "./dialect.js";
import { eventObstacles } from "./migration-event-obstacles.js";
import { openEvents } from "./migration-open-events.js";
import { pagesAndCounts } from "./migration-pages-and-counts.js";
import { paymentSafety } from "./migration-payment-safety.js";
import { payoutResolutions } from "./migration-payout-resolutions.js";
import { recentChanges } from "./migration-recent-changes.js";
import { retention } from "./migration-retention.js";

function firstTables(dialect: DatabaseDialect): Migration {
  // SQLite numbers rows by itself only in a column of exactly this type.
  const generatedId: ColumnDataType = dialect === "sqlite" ? "integer" : "bigserial";
  return {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable("customers")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("tenant", "text", (c) => c.notNull())
        .addColumn("type", "text", (c) => c.notNull())
        .addColumn("first_name", "text")
        .addColumn("last_name", "text")
        .addColumn("business_name", "text")
        .addColumn("search_text", "text", (c) => c.notNull())
        .addColumn("email", "text", (c) => c.notNull())
        .addColumn("country", "text", (c) => c.notNull())
        .addColumn("status", "text", (c) => c.notNull())
        .addColumn("status_at", "bigint")
        .addColumn("position", "bigint", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("updated_at", "bigint", (c) => c.notNull())
        .addColumn("as_of", "bigint", (c) => c.notNull())
        .execute();
      await db.schema.createIndex("customers_by_age").on("customers").columns(["tenant", "created_at", "id"]).execute();

      await db.schema.createIndex("customers_unheard").on("customers").columns(["status", "as_of"]).execute();

      await db.schema
        .createTable("documents")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("tenant", "text", (c) => c.notNull())
        .addColumn("customer_id", "text", (c) => c.notNull().references("customers.id"))
        .addColumn("category", "text", (c) => c.notNull())
        .addColumn("status", "text", (c) => c.notNull())
        .addColumn("file_name", "text")
        .addColumn("content_type", "text")
        .addColumn("size", "bigint")
        .addColumn("sha256", "text")
        .addColumn("position", "bigint", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("updated_at", "bigint", (c) => c.notNull())
        .execute();
      await db.schema
        .createIndex("documents_of_customer")
        .on("documents")
        .columns(["customer_id", "created_at", "id"])
        .execute();

      await db.schema
        .createTable("payouts")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("tenant", "text", (c) => c.notNull())
        .addColumn("customer_id", "text", (c) => c.notNull().references("customers.id"))
        .addColumn("transaction_id", "text", (c) => c.unique())
        .addColumn("reference", "text")
        .addColumn("merchant_reference", "text", (c) => c.unique())
        .addColumn("wallet_id", "text")
        .addColumn("method", "text")
        .addColumn("status", "text", (c) => c.notNull())
        .addColumn("failure_reason", "text")
        .addColumn("amount", "text")
        .addColumn("amount_currency", "text")
        .addColumn("fee", "text")
        .addColumn("fee_currency", "text")
        .addColumn("rate", "text")
        .addColumn("recipient", "text")
        .addColumn("interac_instruction", "text")
        .addColumn("note", "text")
        .addColumn("position", "bigint", (c) => c.notNull())
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("updated_at", "bigint", (c) => c.notNull())
        .addColumn("as_of", "bigint", (c) => c.notNull())
        .execute();
      await db.schema.createIndex("payouts_by_age").on("payouts").columns(["tenant", "created_at", "id"]).execute();
      await db.schema
        .createIndex("payouts_of_customer")
        .on("payouts")
        .columns(["customer_id", "created_at", "id"])
        .execute();

      await db.schema.createIndex("payouts_unheard").on("payouts").columns(["status", "as_of"]).execute();

      await db.schema
        .createTable("status_log")
        .addColumn("position", "bigint", (c) => c.primaryKey())
        .addColumn("tenant", "text", (c) => c.notNull())
        .addColumn("entity", "text", (c) => c.notNull())
        .addColumn("entity_id", "text", (c) => c.notNull())
        .addColumn("customer_id", "text", (c) => c.notNull())
        .addColumn("from_status", "text")
        .addColumn("to_status", "text", (c) => c.notNull())
        .addColumn("source", "text", (c) => c.notNull())
        .addColumn("reason", "text")
        .addColumn("occurred_at", "bigint", (c) => c.notNull())
        .addColumn("recorded_at", "bigint", (c) => c.notNull())
        .execute();
      await db.schema.createIndex("status_log_of_tenant").on("status_log").columns(["tenant", "position"]).execute();
      await db.schema
        .createIndex("status_log_of_entity")
        .on("status_log")
        .columns(["entity", "entity_id", "position"])
        .execute();
      await db.schema
        .createIndex("status_log_of_customer")
        .on("status_log")
        .columns(["customer_id", "position"])
        .execute();

      await db.schema
        .createTable("log_head")
        .addColumn("log_id", "text", (c) => c.primaryKey())
        .addColumn("position", "bigint", (c) => c.notNull())
        .execute();
      await sql`insert into log_head (log_id, position) values (${randomBytes(6).toString("hex")}, 0)`.execute(db);

      await db.schema
        .createTable("intents")
        .addColumn("id", "text", (c) => c.primaryKey())
        .addColumn("tenant", "text", (c) => c.notNull())
        .addColumn("operation", "text", (c) => c.notNull())
        .addColumn("idempotency_key", "text", (c) => c.notNull())
        .addColumn("fingerprint", "text", (c) => c.notNull())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("command", "text", (c) => c.notNull())
        .addColumn("subject_id", "text")
        .addColumn("refusal", "text")
        .addColumn("fence", "bigint", (c) => c.notNull())
        .addColumn("lease_until", "bigint", (c) => c.notNull())
        .addColumn("next_attempt_at", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("attempts", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("absent_since", "bigint")
        .addColumn("told_at", "bigint")
        .addColumn("created_at", "bigint", (c) => c.notNull())
        .addColumn("updated_at", "bigint", (c) => c.notNull())
        .addUniqueConstraint("intents_key", ["tenant", "operation", "idempotency_key"])
        .execute();
      await db.schema.createIndex("intents_to_do").on("intents").columns(["state", "next_attempt_at"]).execute();
      await db.schema.createIndex("intents_of_subject").on("intents").columns(["subject_id"]).execute();

      await db.schema
        .createTable("inbox")
        .addColumn("id", generatedId, (c) => (dialect === "sqlite" ? c.primaryKey().autoIncrement() : c.primaryKey()))
        .addColumn("tenant", "text", (c) => c.notNull())
        .addColumn("dedupe_key", "text", (c) => c.notNull())
        .addColumn("content_hash", "text", (c) => c.notNull())
        .addColumn("kind", "text", (c) => c.notNull())
        .addColumn("type", "text", (c) => c.notNull())
        .addColumn("subject", "text")
        .addColumn("raw_body", "text", (c) => c.notNull())
        .addColumn("is_conflict", "bigint", (c) => c.notNull())
        .addColumn("state", "text", (c) => c.notNull())
        .addColumn("attempts", "bigint", (c) => c.notNull())
        .addColumn("next_attempt_at", "bigint", (c) => c.notNull())
        .addColumn("lease_until", "bigint", (c) => c.notNull().defaultTo(0))
        .addColumn("reason", "text")
        .addColumn("received_at", "bigint", (c) => c.notNull())
        .addColumn("settled_at", "bigint")
        .addUniqueConstraint("inbox_event", ["dedupe_key", "content_hash"])
        .execute();
      await db.schema.createIndex("inbox_to_do").on("inbox").columns(["state", "next_attempt_at", "id"]).execute();
      await db.schema.createIndex("inbox_of_subject").on("inbox").columns(["subject", "state", "id"]).execute();

      await db.schema
        .createTable("leases")
        .addColumn("name", "text", (c) => c.primaryKey())
        .addColumn("owner", "text", (c) => c.notNull())
        .addColumn("lease_until", "bigint", (c) => c.notNull())
        .execute();

      await db.schema
        .createTable("settings")
        .addColumn("name", "text", (c) => c.primaryKey())
        .addColumn("value", "text", (c) => c.notNull())
        .execute();
    },
  };
}

const accessTables: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("api_keys")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("tenant", "text", (c) => c.notNull())
      .addColumn("name", "text")
      .addColumn("scopes", "text", (c) => c.notNull())
      .addColumn("secret_hash", "text", (c) => c.notNull())
      .addColumn("created_at", "bigint", (c) => c.notNull())
      .addColumn("expires_at", "bigint")
      .addColumn("revoked_at", "bigint")
      .addColumn("last_used_at", "bigint")
      .execute();

    await db.schema
      .createTable("revoked_tenants")
      .addColumn("tenant", "text", (c) => c.primaryKey())
      .addColumn("revoked_at", "bigint", (c) => c.notNull())
      .execute();

    await db.schema
      .createTable("audit_log")
      .addColumn("seq", "bigint", (c) => c.primaryKey())
      .addColumn("at", "bigint", (c) => c.notNull())
      .addColumn("tenant", "text", (c) => c.notNull())
      .addColumn("principal", "text", (c) => c.notNull())
      .addColumn("action", "text", (c) => c.notNull())
      .addColumn("object_type", "text")
      .addColumn("object_id", "text")
      .addColumn("outcome", "text", (c) => c.notNull())
      .addColumn("detail", "text")
      .addColumn("request_id", "text")
      .addColumn("previous_hash", "text", (c) => c.notNull())
      .addColumn("hash", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createIndex("audit_log_of_object")
      .on("audit_log")
      .columns(["object_type", "object_id", "seq"])
      .execute();
    await db.schema
      .createTable("audit_head")
      .addColumn("seq", "bigint", (c) => c.notNull())
      .addColumn("hash", "text", (c) => c.notNull())
      .execute();
    await sql`insert into audit_head (seq, hash) values (0, '')`.execute(db);
  },
};

function appendOnlyAudit(dialect: DatabaseDialect): Migration {
  return {
    async up(db: Kysely<unknown>) {
      for (const column of ["object_id", "principal", "tenant"]) {
        const name = `audit_log_by_${column}`;
        await db.schema.createIndex(name).on("audit_log").columns([column, "seq"]).execute();
      }
      for (const statement of dialect === "sqlite" ? sqliteGuards : postgresGuards)
        await sql.raw(statement).execute(db);
    },
  };
}

// Against mistakes: whoever may change the tables can drop these, which the chain of hashes is for.
const sqliteGuards = ["update", "delete"].map(
  (verb) => `create trigger audit_log_no_${verb} before ${verb} on audit_log
    begin select raise(abort, 'audit_log is append-only'); end`,
);
const postgresGuards = [
  `create function refuse_audit_change() returns trigger language plpgsql as
    $$ begin raise exception 'audit_log is append-only'; end $$`,
  `create trigger audit_log_append_only before update or delete or truncate on audit_log
    for each statement execute function refuse_audit_change()`,
];

const loneNodes: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable("lone_nodes")
      .addColumn("account", "text", (c) => c.notNull())
      .addColumn("node", "text", (c) => c.notNull())
      .addColumn("weight", "integer", (c) => c.notNull())
      .addColumn("kept_until", "bigint", (c) => c.notNull())
      .addPrimaryKeyConstraint("lone_nodes_key", ["account", "node"])
      .execute();
  },
};

const traceParents: Migration = {
  async up(db: Kysely<unknown>) {
    for (const table of ["intents", "inbox"])
      await db.schema.alterTable(table).addColumn("trace_parent", "text").execute();
  },
};

/** All of them, in their order by name. */
export function migrationsOf(dialect: DatabaseDialect): MigrationProvider {
  return {
    async getMigrations() {
      return {
        "001-first-tables": firstTables(dialect),
        "002-access": accessTables,
        "003-append-only-audit": appendOnlyAudit(dialect),
        "004-pages-and-counts": pagesAndCounts(dialect),
        "005-lone-nodes": loneNodes,
        "006-recent-changes": recentChanges(dialect),
        "007-open-events": openEvents,
        "008-retention": retention(dialect),
        "009-trace-parents": traceParents,
        "010-payment-safety": paymentSafety,
        "011-event-obstacles": eventObstacles,
        "012-payout-resolutions": payoutResolutions,
      };
    },
  };
}
