/** Rows of a store that an older version may have written: what it had no table or column for, it had nothing to say of. */

import type { Database, SQLQueryBindings } from "bun:sqlite";

const columnsOf = (db: Database, table: string): Set<string> =>
  new Set(
    db
      .query<{ name: string }, [string]>(
        "SELECT name FROM pragma_table_info(?)",
      )
      .all(table)
      .map(({ name }) => name),
  );

export const hasTable = (db: Database, table: string): boolean =>
  columnsOf(db, table).size > 0;

export const hasColumn = (
  db: Database,
  table: string,
  column: string,
): boolean => columnsOf(db, table).has(column);

/**
 * `columns`: the name of each field to the column it is read from. `rest` is what follows FROM, and
 * may speak only of columns that were always there. Null for what the table has no column for; no
 * rows where there is no table. Names are the program's own, never anybody's input.
 */
export function readRows<Row>(
  db: Database,
  table: string,
  columns: Readonly<Record<keyof Row & string, string>>,
  rest: string,
  parameters: readonly SQLQueryBindings[] = [],
): Row[] {
  const present = columnsOf(db, table);
  if (present.size === 0) return [];
  const selected = Object.entries<string>(columns)
    .map(
      ([field, column]) =>
        `${present.has(column) ? `"${table}"."${column}"` : "NULL"} AS "${field}"`,
    )
    .join(", ");
  return db
    .query<Row, SQLQueryBindings[]>(
      `SELECT ${selected} FROM "${table}" ${rest}`,
    )
    .all(...parameters);
}

/** The one number that a query counts. */
export const countOf = (
  db: Database,
  sql: string,
  ...parameters: SQLQueryBindings[]
): number =>
  db.query<{ n: number | null }, SQLQueryBindings[]>(sql).get(...parameters)
    ?.n ?? 0;
