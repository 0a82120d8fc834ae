// The provider counts pages in three ways, depending on the endpoint and its version.

import { z } from "zod";
import { text, wholeNumber } from "./provider-fields.js";

const count = wholeNumber.nullish().catch(null);

export const pagination = z
  .looseObject({
    links: z.looseObject({ next: text.nullish() }).nullish().catch(null),
    meta: z.looseObject({ current_page: count, last_page: count }).nullish().catch(null),
    data: z
      .looseObject({ pagination: z.looseObject({ current_page: count, total_pages: count }).nullish() })
      .nullish()
      .catch(null),
    current_page: count,
    per_page: count,
    total: count,
  })
  // A bare array is a list without pages.
  .catch({ links: null, meta: null, data: null, current_page: null, per_page: null, total: null });

export type Pagination = z.output<typeof pagination>;

export function hasNextPage({ links, meta, data, ...flat }: Pagination): boolean {
  if (links?.next) return true;
  if (meta?.current_page && meta.last_page) return meta.current_page < meta.last_page;
  const older = data?.pagination;
  if (older?.current_page && older.total_pages) return older.current_page < older.total_pages;
  if (flat.current_page && flat.per_page && flat.total) return flat.current_page * flat.per_page < flat.total;
  return false;
}
