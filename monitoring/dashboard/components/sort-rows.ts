/** Sorting of a table's rows by a column. What is not known stands last, whichever way it is sorted. */

export type SortValue = number | string | null;
export type Direction = "ascending" | "descending";

export interface SortOrder {
  /** Of the column. */
  readonly key: string;
  readonly direction: Direction;
}

const WORDS = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Stable; a copy. */
export function sortRows<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => SortValue,
  direction: Direction,
): Row[] {
  const turn = direction === "ascending" ? 1 : -1;
  return [...rows].sort((left, right) => {
    const a = valueOf(left);
    const b = valueOf(right);
    if (a === null || b === null)
      return Number(a === null) - Number(b === null);
    return turn * compare(a, b);
  });
}

const compare = (a: number | string, b: number | string): number =>
  typeof a === "number" && typeof b === "number"
    ? a - b
    : WORDS.compare(String(a), String(b));

/** The other way round where it is sorted by that column already, else the way `first` says. */
export const nextOrder = (
  order: SortOrder | null,
  key: string,
  first: Direction,
): SortOrder =>
  order?.key === key
    ? {
        key,
        direction: order.direction === "ascending" ? "descending" : "ascending",
      }
    : { key, direction: first };
