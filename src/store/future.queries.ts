// Rows whose last sync lies in the future: a clock that was ahead has written it, and was put right since.

import type { Db } from "./database.js";

export function payoutsFromFuture(db: Db, after: number, limit: number) {
  return db
    .selectFrom("payouts")
    .where("status", "in", ["PENDING", "PROCESSING"])
    .where("as_of", ">", after)
    .selectAll()
    .limit(limit)
    .execute();
}

export function customersFromFuture(db: Db, after: number, limit: number) {
  return db
    .selectFrom("customers")
    .where("status", "=", "PROCESSING")
    .where("as_of", ">", after)
    .selectAll()
    .limit(limit)
    .execute();
}
