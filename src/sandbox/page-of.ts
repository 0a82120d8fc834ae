export interface Page {
  number: number;
  size: number;
}

export function toPageNumber(value: unknown): number {
  const number = Number(value ?? 1);
  return Number.isSafeInteger(number) && number >= 1 ? number : 1;
}

/** The `links` and `meta` that go with one page of `data`. */
export function toPageInfo(path: string, { number, size }: Page, total: number): Record<string, unknown> {
  const last = Math.max(Math.ceil(total / size), 1);
  const count = Math.max(Math.min(size, total - (number - 1) * size), 0);
  const from = (number - 1) * size + 1;
  return {
    links: {
      first: `${path}?page=1`,
      last: `${path}?page=${last}`,
      prev: number > 1 ? `${path}?page=${number - 1}` : null,
      next: number < last ? `${path}?page=${number + 1}` : null,
    },
    meta: {
      current_page: number,
      from: count > 0 ? from : null,
      last_page: last,
      path,
      per_page: size,
      to: count > 0 ? from + count - 1 : null,
      total,
    },
  };
}
