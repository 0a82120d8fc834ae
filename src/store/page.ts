// Keyset pages: newest first, by creation and id, so that a page costs the same however deep it lies.

import { type RawBuilder, type SqlBool, sql } from "kysely";

export interface PageKey {
  createdAt: number;
  id: string;
}

export interface PageRequest {
  first: number;
  after: PageKey | null;
}

/** The condition that a row comes after the key in the order of the page; both engines compare rows as pairs. */
export function isAfter(key: PageKey): RawBuilder<SqlBool> {
  return sql<SqlBool>`(created_at, id) < (${key.createdAt}, ${key.id})`;
}
