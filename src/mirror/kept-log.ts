// How far back the log goes. Entries are removed while others read: who has read what came after a position asks here
// afterwards, so that what went meanwhile is no gap that nobody sees.

import type { Db } from "../store/database.js";
import { type LogHead, logHead } from "../store/status-log.queries.js";
import { CursorExpired, encodeCursor } from "./cursor.js";

/** Throws a CursorExpired where entries after the position are gone; answers the head otherwise. */
export async function checkKept(db: Db, position: number): Promise<LogHead> {
  const head = await logHead(db);
  if (position < head.pruned_to) throw new CursorExpired(encodeCursor(head.log_id, head.position));
  return head;
}
