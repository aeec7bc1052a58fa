/** A dense table: 28 px rows, `j k` to walk, Enter to open; on a phone the lesser columns are left out. */

import type { ComponentChildren, RefObject, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { offerRows } from "../keyboard.ts";
import { navigate } from "../router.ts";

export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  /** In the place of the label, as a button that sorts. */
  readonly heading?: ComponentChildren;
  readonly sorted?: "ascending" | "descending";
  readonly cell: (row: Row) => ComponentChildren;
  /** Numbers stand at the end. */
  readonly align?: "start" | "end";
  /** Left out where there is no room: `wide` on a phone, `widest` below a large screen. */
  readonly only?: "wide" | "widest";
  readonly class?: string;
  /** What the heading means. */
  readonly title?: string;
}

interface TableProps<Row> {
  /** What the table is, for who cannot see it. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Where Enter and a click on the row lead; null: nowhere. */
  readonly href?: (row: Row) => string | null;
  readonly rowClass?: (row: Row) => string;
  readonly "data-testid"?: string;
}

const cellClass = <Row,>(column: Column<Row>): string =>
  [column.align === "end" ? "num" : "", column.only ?? "", column.class ?? ""]
    .filter(Boolean)
    .join(" ");

export function Table<Row>(props: TableProps<Row>): VNode {
  const { columns, rows, rowKey, href } = props;
  const body = useRowKeys(props);
  return (
    <div class="table-box">
      <table
        class="table"
        aria-label={props.label}
        data-testid={props["data-testid"]}
      >
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                class={cellClass(column)}
                title={column.title}
                aria-sort={column.sorted}
              >
                {column.heading ?? column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row) => {
            const to = href?.(row) ?? null;
            return (
              <tr
                key={rowKey(row)}
                tabIndex={-1}
                class={`${to === null ? "" : "opens"} ${props.rowClass?.(row) ?? ""}`}
                onClick={to === null ? undefined : openUnlessLink(to)}
              >
                {columns.map((column) => (
                  <td
                    key={column.key}
                    class={cellClass(column)}
                    data-label={column.label}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Gives the rows to the keyboard; returns what to hang on their body. */
function useRowKeys<Row>(
  props: TableProps<Row>,
): RefObject<HTMLTableSectionElement | null> {
  const body = useRef<HTMLTableSectionElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useEffect(
    () =>
      offerRows({
        move: (by) => focusRow(body.current, by),
        open: () => {
          const at = focusedRow(body.current);
          const row = at < 0 ? undefined : latest.current.rows[at];
          const to = row === undefined ? null : latest.current.href?.(row);
          if (typeof to === "string") navigate(to);
        },
      }),
    [],
  );
  return body;
}

/** A click on a link or button within the row is theirs; so is text being marked. */
const openUnlessLink =
  (href: string) =>
  (event: MouseEvent): void => {
    const target = event.target as HTMLElement;
    if (target.closest("a, button, input, label, summary") !== null) return;
    if ((window.getSelection()?.toString() ?? "") !== "") return;
    navigate(href);
  };

const focusedRow = (body: HTMLElement | null): number =>
  body === null
    ? -1
    : [...body.children].findIndex((row) =>
        row.contains(document.activeElement),
      );

function focusRow(body: HTMLElement | null, by: number): void {
  if (body === null) return;
  const last = body.children.length - 1;
  const at = focusedRow(body);
  const to =
    at < 0 ? (by > 0 ? 0 : last) : Math.max(0, Math.min(last, at + by));
  const row = body.children[to];
  if (row instanceof HTMLElement) row.focus();
  row?.scrollIntoView({ block: "nearest" });
}
