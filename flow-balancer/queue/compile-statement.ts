/**
 * A drizzle query as a plain bun:sqlite statement, compiled once. Drizzle gives the schema and the
 * types; what it costs a call (a few microseconds) is more than SQLite itself takes for one row, so
 * that what runs for every task goes without it. A row comes as SQLite names its columns: select
 * with `columnsAsKeys` for the names of the schema.
 */

import type {
  Changes,
  Database,
  SQLQueryBindings,
  Statement,
} from "bun:sqlite";
import {
  getTableColumns,
  Param,
  Placeholder,
  sql,
  type SQL,
} from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

type Value = string | number | null | Uint8Array;
/** What Bun takes for all bindings at once, by position; its types know no lists. */
type BoundList = SQLQueryBindings;
type Values = { readonly [name: string]: Value };

export interface Compiled<Row, V> {
  run(values: V): Changes;
  get(values: V): Row | null;
  all(values: V): Row[];
}

/** Values that are always the same become part of the text: what is not bound costs nothing, and a partial index is seen to apply. */
export function compileStatement<Row = never, V = Values>(
  raw: Database,
  query: { toSQL(): { readonly sql: string; readonly params: unknown[] } },
): Compiled<Row, V> {
  const { sql: text, params } = query.toSQL();
  const pieces = text.split("?");
  if (pieces.length !== params.length + 1)
    throw new Error(`a question mark is not a parameter: ${text}`);
  const names: string[] = [];
  const whole = pieces.map((piece, at) => {
    if (at === params.length) return piece;
    const given = params[at];
    // In a column of a type of its own, a placeholder is wrapped.
    const param = given instanceof Param ? given.value : given;
    if (!(param instanceof Placeholder)) return piece + literal(param);
    names.push(param.name as string);
    return `${piece}?`;
  });
  const statement = raw.prepare<Row, SQLQueryBindings[]>(whole.join(""));
  return new CompiledStatement(statement, names) as Compiled<Row, V>;
}

/** Words and whole numbers of our own; anything else is to be a placeholder. */
function literal(value: unknown): string {
  if (value === null) return "NULL";
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === "string" && /^[a-z_]+$/.test(value)) return `'${value}'`;
  throw new Error(`${String(value)} cannot be part of a statement`);
}

class CompiledStatement<Row> implements Compiled<Row, Values> {
  readonly #statement: Statement<Row, SQLQueryBindings[]>;
  /** By position. */
  readonly #names: readonly string[];
  readonly #values: Value[] = [];

  constructor(
    statement: Statement<Row, SQLQueryBindings[]>,
    names: readonly string[],
  ) {
    this.#statement = statement;
    this.#names = names;
  }

  run = (values: Values): Changes => this.#statement.run(this.#bound(values));
  get = (values: Values): Row | null =>
    this.#statement.get(this.#bound(values));
  all = (values: Values): Row[] => this.#statement.all(this.#bound(values));

  /** One list for all calls: bound before the next one begins. */
  #bound(values: Values): BoundList {
    const names = this.#names;
    const bound = this.#values;
    for (let at = 0; at < names.length; at++)
      bound[at] = values[names[at] as string] as Value;
    return bound as unknown as BoundList;
  }
}

/** Every column of a table, named as in the schema. */
export function columnsAsKeys<T extends SQLiteTable>(
  table: T,
): Record<keyof T["$inferSelect"] & string, SQL.Aliased> {
  return Object.fromEntries(
    Object.entries(getTableColumns(table)).map(([key, column]) => [
      key,
      sql`${column}`.as(key),
    ]),
  ) as Record<keyof T["$inferSelect"] & string, SQL.Aliased>;
}

/** A placeholder in `set`, which drizzle's types know only in `values` and `where`. */
export const slot = (name: string): SQL => sql`${sql.placeholder(name)}`;
