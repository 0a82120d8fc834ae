import type { Bound, Section, Table } from "./section.js";

/** Columns are padded, so that the text can be read as it is. */
export function toMarkdownTable({ head, rows }: Table): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0), 3));
  const line = (cells: string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...rows.map(line)].join("\n");
}

export function toMarkdownSection({ title, text, tables }: Section): string {
  return [`## ${title}`, ...text, ...tables.map(toMarkdownTable)].join("\n\n");
}

export function toBoundsTable(bounds: readonly Bound[]): Table {
  return {
    head: ["what has to hold", "at most or at least", "measured", "holds"],
    rows: bounds.map(({ what, limit, measured, isHeld }) => [what, limit, measured, isHeld ? "yes" : "**no**"]),
  };
}
