/**
 * The list of tasks, filtered here: 100,000 rows and more. What can be found in a narrow place is looked
 * for there (task-source.ts), else in the rows, always from the newest end on and in slices between which
 * others have their turn. One call takes so long and no longer: what it has found by then is its page,
 * and the next call goes on where it stopped. A whole id, and what is counted by state alone, is known at once.
 */

import type { Database, SQLQueryBindings } from "bun:sqlite";
import type {
  TaskFilter,
  TaskListView,
} from "../../monitoring/api/task-views.ts";
import type { Env } from "../core/ports.ts";
import type { TaskState } from "../core/task.ts";
import { conditionOf, statesOnly, type Condition } from "./task-filter.ts";
import { Effort } from "./effort.ts";
import { isOpenOnly, LISTED, openTasks, sourceOf } from "./task-source.ts";
import { rowsBySeq, type Running } from "./task-rows.ts";
import { turn } from "./turn.ts";
import { wordMatches } from "./word-matches.ts";

/** A call looks no longer than this, of its own time, ms. */
const MAX_MS = 75;
/** The same, of looking for words in all ids and titles; then in the newest rows instead. */
const MAX_WORDS_MS = 200;
/** Counted no further. */
const MAX_TOTAL = 10_000;
const DEFAULT_LIMIT = 50;
/** A total stands for so long, ms: pages of one list agree. */
const TOTAL_KEPT_MS = 5_000;
const TOTALS_KEPT = 32;
/** Rows are in the order in which they came, but for clocks that were set back by no more than this. */
const CLOCK_SLACK_MS = 3_600_000;

interface Total {
  readonly total: number;
  readonly isExact: boolean;
}

interface TaskListParts {
  readonly raw: Database;
  readonly env: Pick<Env, "mono">;
  readonly counts: () => Promise<Readonly<Record<TaskState, number>>>;
  readonly running: () => Running;
}

export class TaskList {
  readonly #parts: TaskListParts;
  readonly #totals = new Map<string, Total & { readonly at: number }>();

  constructor(parts: TaskListParts) {
    this.#parts = parts;
  }

  async page(filter: TaskFilter): Promise<TaskListView> {
    const { raw, counts, running } = this.#parts;
    const now = running();
    const limit = filter.limit ?? DEFAULT_LIMIT;
    const one = this.#byId(filter, now);
    if (one !== null)
      return {
        tasks: one,
        next: null,
        total: one.length,
        total_is_exact: true,
      };
    const few = await this.#few(filter);
    if (few !== null) return this.#among(few, filter, limit, now);
    const condition = conditionOf(filter, now);
    const states = statesOnly(filter);
    let total =
      states === null
        ? this.#knownTotal(filter)
        : sumOf(await counts(), states);
    // Only the first page is worth looking further than it shows.
    const isToCount = total === null && filter.before === undefined;
    const found = await this.#look(condition, filter, limit, isToCount);
    total ??= this.#noteTotal(filter, found);
    return {
      tasks: rowsBySeq(raw, found.seqs, now),
      next: found.next,
      total: total.total,
      total_is_exact: total.isExact,
    };
  }

  /** Null: it is no whole id. */
  #byId(filter: TaskFilter, running: Running) {
    const { raw } = this.#parts;
    const { text = "", before = Number.MAX_SAFE_INTEGER } = filter;
    const row = raw
      .query<{ seq: number }, [string]>("SELECT seq FROM tasks WHERE id = ?")
      .get(text);
    if (row === null) return null;
    const { sql, values } = conditionOf(filter, running);
    const seqs = raw
      .query<{ seq: number }, SQLQueryBindings[]>(
        `SELECT seq FROM tasks WHERE seq = ? AND seq < ? AND ${sql}`,
      )
      .all(row.seq, before, ...values);
    return rowsBySeq(
      raw,
      seqs.map(({ seq }) => seq),
      running,
    );
  }

  /** Null: it asks neither for words nor for open tasks alone, or for such as very many are. */
  async #few(filter: TaskFilter): Promise<readonly number[] | null> {
    const { raw, env } = this.#parts;
    const { text = "" } = filter;
    if (text !== "")
      return wordMatches(raw, text, new Effort(env, MAX_WORDS_MS));
    return isOpenOnly(filter) ? openTasks(raw) : null;
  }

  /** Those of a few that the filter lets through. */
  #among(
    few: readonly number[],
    filter: TaskFilter,
    limit: number,
    running: Running,
  ): TaskListView {
    const { raw } = this.#parts;
    const { text: _words, before = Number.MAX_SAFE_INTEGER, ...rest } = filter;
    const { sql, values } = conditionOf(rest, running);
    const all = raw
      .query<{ seq: number }, SQLQueryBindings[]>(
        `SELECT seq FROM tasks WHERE seq IN (SELECT value FROM json_each(?)) AND ${sql} ORDER BY seq DESC`,
      )
      .all(JSON.stringify(few), ...values)
      .map(({ seq }) => seq);
    const below = all.filter((seq) => seq < before);
    const seqs = below.slice(0, limit);
    return {
      tasks: rowsBySeq(raw, seqs, running),
      next: below.length > limit ? (seqs.at(-1) ?? null) : null,
      total: all.length,
      total_is_exact: true,
    };
  }

  async #look(
    { sql, values }: Condition,
    filter: TaskFilter,
    limit: number,
    isToCount: boolean,
  ): Promise<Found> {
    const { raw } = this.#parts;
    const { before, since } = filter;
    const { table, where, size } = sourceOf(filter);
    const slice = raw.query<{ seq: number }, SQLQueryBindings[]>(
      `SELECT seq FROM ${table} WHERE seq < ? AND seq >= ? AND ${where} AND ${sql} ORDER BY seq DESC LIMIT ?`,
    );
    const enough = isToCount ? MAX_TOTAL + 1 : limit + 1;
    const found: number[] = [];
    const effort = new Effort(this.#parts.env, MAX_MS);
    let at = this.#newestBelow(before ?? Number.MAX_SAFE_INTEGER, since);
    while (at !== null && found.length < enough && !effort.isSpent) {
      const to = at + 1;
      const from = Math.max(0, to - size);
      const rows = effort.spend(() =>
        slice.all(to, from, ...values, enough - found.length),
      );
      for (const { seq } of rows) found.push(seq);
      at = this.#newestBelow(from, since);
      if (at !== null) await turn();
    }
    const seqs = found.slice(0, limit);
    const isMore = found.length > limit;
    return {
      seqs,
      count: found.length,
      isAll: at === null && found.length < enough,
      next: isMore ? (seqs.at(-1) ?? null) : at === null ? null : at + 1,
    };
  }

  /** Null: there is none, or it and so all before it is too old. */
  #newestBelow(before: number, since: number | undefined): number | null {
    const row = this.#parts.raw
      .query<{ seq: number; at: number }, [number]>(
        `SELECT seq, submitted_at AS at FROM ${LISTED} WHERE seq < ? ORDER BY seq DESC LIMIT 1`,
      )
      .get(before);
    if (row === null) return null;
    const isTooOld = since !== undefined && row.at < since - CLOCK_SLACK_MS;
    return isTooOld ? null : row.seq;
  }

  #knownTotal(filter: TaskFilter): Total | null {
    const known = this.#totals.get(keyOf(filter));
    const { env } = this.#parts;
    if (known === undefined || env.mono() - known.at > TOTAL_KEPT_MS)
      return null;
    // The first page counts anew.
    return filter.before === undefined ? null : known;
  }

  #noteTotal(filter: TaskFilter, { count, isAll }: Found): Total {
    if (filter.before !== undefined)
      // Nobody counted from the top: it is at least what is here.
      return { total: count, isExact: false };
    const total = { total: Math.min(count, MAX_TOTAL), isExact: isAll };
    const key = keyOf(filter);
    this.#totals.delete(key);
    this.#totals.set(key, { ...total, at: this.#parts.env.mono() });
    const [oldest] = this.#totals.keys();
    if (this.#totals.size > TOTALS_KEPT && oldest !== undefined)
      this.#totals.delete(oldest);
    return total;
  }
}

interface Found {
  /** Of the page. */
  readonly seqs: readonly number[];
  readonly count: number;
  /** Nothing else matches. */
  readonly isAll: boolean;
  readonly next: number | null;
}

/** None named: of all. */
const sumOf = (
  counts: Readonly<Record<TaskState, number>>,
  states: readonly string[],
): Total => ({
  total: Object.entries(counts).reduce(
    (sum, [state, n]) =>
      states.length === 0 || states.includes(state) ? sum + n : sum,
    0,
  ),
  isExact: true,
});

/** What of it tells which tasks there are. */
const keyOf = (it: TaskFilter): string =>
  JSON.stringify([it.state, it.kind, it.session, it.worker, it.since, it.text]);
