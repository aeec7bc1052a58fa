/**
 * How many tasks there are in each state, without counting them: what a transaction moved is added up
 * in memory, and written once before it commits.
 */

import type { Database, Statement } from "bun:sqlite";
import { TASK_STATES, type TaskState } from "../core/task.ts";
import type { TransactionWatcher } from "../store/group-commit.ts";
import type { Store } from "../store/database.ts";

export class Tallies implements TransactionWatcher {
  readonly #add: Statement;
  readonly #read: Statement<{ state: TaskState; n: number }, []>;
  #moved = new Map<TaskState, number>();

  constructor({ raw, commit }: Store) {
    this.#add = prepareAdd(raw);
    this.#read = raw.prepare("SELECT state, n FROM tallies");
    commit.watch(this);
  }

  /** To be called inside a write. Null: it is new. */
  move(from: TaskState | null, to: TaskState, n = 1): void {
    if (from === to) return;
    if (from !== null) this.#note(from, -n);
    this.#note(to, n);
  }

  begun(): void {
    this.#moved.clear();
  }

  ending(): void {
    for (const [state, n] of this.#moved) if (n !== 0) this.#add.run(state, n);
    this.#moved.clear();
  }

  counts(): Record<TaskState, number> {
    const counts = Object.fromEntries(
      TASK_STATES.map((state) => [state, 0]),
    ) as Record<TaskState, number>;
    for (const { state, n } of this.#read.all()) counts[state] = n;
    return counts;
  }

  #note(state: TaskState, n: number): void {
    this.#moved.set(state, (this.#moved.get(state) ?? 0) + n);
  }
}

const prepareAdd = (raw: Database): Statement =>
  raw.prepare(
    "INSERT INTO tallies (state, n) VALUES (?, ?) ON CONFLICT (state) DO UPDATE SET n = n + excluded.n",
  );
