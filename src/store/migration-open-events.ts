// Indexes of the inbox that hold what is still to be done alone. Nearly all events are settled: they were kept in order for
// nobody, and each that came or ended wrote to places all over these indexes.

import { type Kysely, type Migration, sql } from "kysely";

export const openEvents: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`drop index inbox_to_do`.execute(db);
    await sql`drop index inbox_of_subject`.execute(db);
    await sql`create index inbox_due on inbox (next_attempt_at, id) where state = 'RECEIVED'`.execute(db);
    await sql`create index inbox_open_of_subject on inbox (subject, id) where state = 'RECEIVED'`.execute(db);
    await sql`create index inbox_parked on inbox (id) where state = 'PARKED'`.execute(db);
  },
};
