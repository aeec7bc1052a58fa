/** Commits each write by itself, at once: a simulation decides who comes when, and waits for nothing. Has the doors of GroupCommit. */

import type { Database, Statement } from "bun:sqlite";
import type {
  GroupCommit,
  TransactionWatcher,
} from "../../flow-balancer/store/group-commit.ts";

type Doors = Pick<
  GroupCommit,
  "write" | "writeWith" | "watch" | "whenFull" | "drained"
>;

class InstantCommit implements Doors {
  readonly #db: Database;
  readonly #begin: Statement;
  readonly #end: Statement;
  readonly #watchers: TransactionWatcher[] = [];

  constructor(db: Database) {
    this.#db = db;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#end = db.prepare("COMMIT");
  }

  async write<T>(run: () => T): Promise<T> {
    this.#begin.run();
    try {
      for (const watcher of this.#watchers) watcher.begun();
      const value = run();
      for (const watcher of this.#watchers) watcher.ending();
      this.#end.run();
      return value;
    } catch (thrown) {
      if (this.#db.inTransaction) this.#db.run("ROLLBACK");
      throw thrown;
    }
  }

  async writeWith<V, T>(
    value: V | Promise<V>,
    run: (value: V) => T,
  ): Promise<T> {
    const ready = value instanceof Promise ? await value : value;
    return this.write(() => run(ready));
  }

  watch(watcher: TransactionWatcher): void {
    this.#watchers.push(watcher);
  }

  whenFull(): void {}

  async drained(): Promise<void> {}
}

/** In the place of the real one. */
export const instantCommit = (db: Database): GroupCommit =>
  new InstantCommit(db) as unknown as GroupCommit;
