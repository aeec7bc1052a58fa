/** A table for people: its head bold, its rows painted, and no line wider than the terminal. */

import { type Column, tableLines } from "../core/table.ts";
import type { Terminal } from "./terminal.ts";
import { wrappedText } from "./wrapped-lines.ts";

export function paintedTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  as: Terminal,
  painted: (line: string, row: Row) => string = (line) => line,
): string {
  const [head = "", ...lines] = tableLines(columns, rows, as);
  return [
    as.paint.bold(wrappedText(head, as.width)),
    ...rows.map((row, index) =>
      painted(wrappedText(lines[index] ?? "", as.width), row),
    ),
  ].join("\n");
}
