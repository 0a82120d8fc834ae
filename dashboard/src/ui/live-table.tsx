// A long table of which only what is seen is in the page. It scrolls with the page.

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { formatCount } from "../format/money";
import type { LiveList } from "../live/live-list";
import { stream } from "../live/use-stream";
import { Empty, Failure } from "./states";
import { useMedia } from "./use-media";

export interface Column<T> {
  id: string;
  title: string;
  cell(row: T): ReactNode;
}

interface LiveTableProps<T extends { id: string; createdAt: string }> {
  list: LiveList<T>;
  /** The same name gives the columns their widths in the style sheet. */
  name: string;
  label: string;
  columns: readonly Column<T>[];
  linkTo(row: T): string;
  /** What the row's link is called. */
  nameOf(row: T): string;
  empty: ReactNode;
}

const rowHeight = 44;
const narrowRowHeight = 76;

export function LiveTable<T extends { id: string; createdAt: string }>(props: LiveTableProps<T>) {
  const { list, name, label, columns, linkTo, nameOf, empty } = props;
  const { rows, totalCount, hasNextPage, isLoading, error } = useSyncExternalStore(list.subscribe, list.state);
  useEffect(() => list.open(stream), [list]);

  const isNarrow = useMedia("(max-width: 720px)");
  const height = isNarrow ? narrowRowHeight : rowHeight;
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const count = hasNextPage ? Math.max(rows.length, totalCount ?? 0) : rows.length;
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => height,
    overscan: 10,
    scrollMargin: top,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are measured anew when their height changes
  useEffect(() => virtualizer.measure(), [virtualizer, height]);
  const items = virtualizer.getVirtualItems();
  const lastSeen = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (!isLoading && !error && hasNextPage && lastSeen + 20 >= rows.length) void list.loadMore();
  }, [list, isLoading, error, hasNextPage, lastSeen, rows.length]);

  const isEmpty = rows.length === 0 && !hasNextPage;
  return (
    <div className={`table table-${name}`}>
      <p className="table-count" role="status">
        {totalCount === null ? "" : `${formatCount(totalCount)} ${totalCount === 1 ? "entry" : "entries"}`}
      </p>
      {/* biome-ignore lint/a11y/useSemanticElements: rows of a real table cannot be placed one by one */}
      <div
        role="table"
        aria-label={label}
        aria-rowcount={totalCount === null ? -1 : totalCount + 1}
        aria-busy={isLoading}
      >
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div role="rowgroup" className="table-head">
          {/* biome-ignore lint/a11y/useSemanticElements: as above */}
          {/* biome-ignore lint/a11y/useFocusableInteractive: it only names the columns */}
          <div role="row" className="table-row" aria-rowindex={1}>
            {columns.map(({ id, title }) => (
              // biome-ignore lint/a11y/useSemanticElements: as above
              // biome-ignore lint/a11y/useFocusableInteractive: as above
              <div key={id} role="columnheader" className={`cell cell-${id}`}>
                {title}
              </div>
            ))}
          </div>
        </div>
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div role="rowgroup" ref={body} className="table-body" style={{ height: virtualizer.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const row = rows[index];
            const style = { height, transform: `translateY(${start - top}px)` };
            if (!row) return <div key={key} className="table-row row-waiting" style={style} aria-hidden="true" />;
            const changes = list.changesOf(row.id);
            const flash = changes === 0 ? "" : changes % 2 === 0 ? "flash-even" : "flash-odd";
            return (
              // biome-ignore lint/a11y/useSemanticElements: as above
              // biome-ignore lint/a11y/useFocusableInteractive: its link is what is focused
              <div
                key={key}
                role="row"
                aria-rowindex={index + 2}
                className={`table-row ${flash}`}
                style={style}
                data-id={row.id}
              >
                {columns.map(({ id, cell }, place) => (
                  // biome-ignore lint/a11y/useSemanticElements: as above
                  <div key={id} role="cell" className={`cell cell-${id}`}>
                    {place === 0 ? (
                      <Link href={linkTo(row)} className="row-link" aria-label={nameOf(row)}>
                        {cell(row)}
                      </Link>
                    ) : (
                      cell(row)
                    )}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      {error && <Failure message={error} onRetry={() => void list.loadMore()} />}
      {isEmpty && !error && <Empty title="Nothing here yet.">{empty}</Empty>}
    </div>
  );
}
