/** A table whose headings sort it: numbers from the largest, words from A. Where there is no room each row is a card, with all its columns. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import {
  type Direction,
  nextOrder,
  sortRows,
  type SortOrder,
  type SortValue,
} from "./sort-rows.ts";
import { type Column, Table } from "./table.tsx";
import "./sortable-table.css";

export interface SortableColumn<Row> extends Column<Row> {
  /** What it is sorted by; without it the heading is no button. */
  readonly sort?: (row: Row) => SortValue;
}

interface SortableTableProps<Row> {
  readonly label: string;
  readonly columns: readonly SortableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly href?: (row: Row) => string | null;
  readonly rowClass?: (row: Row) => string;
  /** How it is sorted at first; left out: as the rows come. */
  readonly order?: SortOrder;
  readonly "data-testid"?: string;
}

export function SortableTable<Row>(props: SortableTableProps<Row>): VNode {
  const { columns, rows, order: first, ...rest } = props;
  const [order, setOrder] = useState<SortOrder | null>(first ?? null);
  const by = columns.find(({ key }) => key === order?.key)?.sort;
  const sorted =
    order === null || by === undefined
      ? rows
      : sortRows(rows, by, order.direction);
  return (
    <div class={columns.length > MOST_THAT_FIT ? "cards" : "fits"}>
      <Table
        {...rest}
        rows={sorted}
        columns={columns.map((column) =>
          column.sort === undefined
            ? column
            : {
                ...column,
                ...(order?.key === column.key
                  ? { sorted: order.direction }
                  : {}),
                heading: (
                  <button
                    type="button"
                    class="sort"
                    onClick={() =>
                      setOrder(nextOrder(order, column.key, firstWay(column)))
                    }
                  >
                    {column.label}
                    <span class="sort-mark" aria-hidden="true">
                      {markOf(order, column.key)}
                    </span>
                  </button>
                ),
              },
        )}
      />
    </div>
  );
}

/** On a phone. */
const MOST_THAT_FIT = 4;

const firstWay = ({
  align,
}: {
  readonly align?: "start" | "end";
}): Direction => (align === "end" ? "descending" : "ascending");

function markOf(order: SortOrder | null, key: string): string {
  if (order?.key !== key) return "↕";
  return order.direction === "ascending" ? "↑" : "↓";
}
