/**
 * Writes of one turn of the event loop in one transaction: each caller's promise resolves once
 * its write is committed, and a write that fails harms no other. Never waits for a lock while
 * holding the event loop.
 */

import type { Database, Statement } from "bun:sqlite";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";

class Write {
  /** Runs inside a transaction; may run again after a rollback. */
  readonly run: () => unknown;
  /** Those of one unit are done together or not at all; null: it stands alone. */
  readonly unit: object | null;
  readonly done: Promise<unknown>;
  /** What `run` gave; of use once it is committed. */
  value: unknown;
  resolve!: (value: unknown) => void;
  reject!: (error: unknown) => void;

  constructor(run: () => unknown, unit: object | null) {
    this.run = run;
    this.unit = unit;
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** Whoever keeps account of what a transaction does as a whole. */
export interface TransactionWatcher {
  /** What was counted before was undone, or is on disk. */
  begun(): void;
  /** The last moment to write. */
  ending(): void;
  /** It is on disk: so many writes, in so many ms from its begin. */
  committed?(ms: number, writes: number): void;
  /** It waits for a lock, or for room, and is tried again. */
  delayed?(): void;
  /** Writes that nothing was wrong with were given up: the store takes none, for want of room, of a lock, or of a sound file. */
  refused?(error: BalancerError, writes: number): void;
}

/** Pauses between tries while another process writes, ms. In all about 5 s, then STORAGE_BUSY. */
const RETRY_MS = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 1_000, 2_000];

/** Never fires for anything: only its being there counts. */
const HOLD_MS = 60_000;

export class GroupCommit {
  readonly #db: Database;
  readonly #env: Env;
  /** Compiled once: compiling costs more than either does. */
  readonly #begin: Statement;
  readonly #end: Statement;
  /** Not yet among the pending. */
  readonly #preparing = new Set<Promise<unknown>>();
  #pending: Write[] = [];
  #unit: object | null = null;
  #planned = false;
  #idle: (() => void)[] = [];
  /** Env's timers let the process end; a write that waits for its turn must not be lost so. */
  #hold: Timer | undefined;
  #makeRoom: () => boolean = () => false;
  readonly #watchers: TransactionWatcher[] = [];

  constructor(db: Database, env: Env) {
    this.#db = db;
    this.#env = env;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#end = db.prepare("COMMIT");
  }

  write<T>(run: () => T): Promise<T> {
    const write = new Write(run, this.#unit);
    this.#pending.push(write);
    if (!this.#planned) {
      this.#planned = true;
      setImmediate(this.#flushNow);
    }
    return write.done as Promise<T>;
  }

  /** The writes that `ask` asks for, while it runs, are done together or not at all, also where one of them fails. */
  asOne<T>(ask: () => T): T {
    const outer = this.#unit;
    this.#unit ??= {};
    try {
      return ask();
    } finally {
      this.#unit = outer;
    }
  }

  /** As `write`, of what has to be prepared; at once if it is there. `drained` waits for it too. */
  writeWith<V, T>(value: V | Promise<V>, run: (value: V) => T): Promise<T> {
    if (!(value instanceof Promise)) return this.write(() => run(value));
    const written = value.then((ready) => this.write(() => run(ready)));
    this.#preparing.add(written);
    return written.finally(() => this.#preparing.delete(written));
  }

  /** Asked when the disk is full: true if a write may be tried again, since there is room now. */
  whenFull(makeRoom: () => boolean): void {
    this.#makeRoom = makeRoom;
  }

  watch(watcher: TransactionWatcher): void {
    this.#watchers.push(watcher);
  }

  /** Resolves when nothing is left to be written. */
  async drained(): Promise<void> {
    while (this.#preparing.size > 0)
      await Promise.allSettled([...this.#preparing]);
    if (!this.#planned) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  readonly #flushNow = (): void => this.#flush(0);

  #flush(tries: number): void {
    const writes = this.#pending;
    this.#pending = [];
    try {
      this.#commit(writes);
    } catch (thrown) {
      const pause = this.#mayPass(thrown) ? RETRY_MS[tries] : undefined;
      if (pause !== undefined) {
        this.#retry([...writes, ...this.#pending], tries, pause);
        return;
      }
      if (writes.length === 1 || isBusy(thrown)) this.#refuse(writes, thrown);
      else {
        // The lock may be lost to another process between two of them.
        const late = unitsOf(writes)
          .filter((unit) => !this.#alone(unit))
          .flat();
        if (late.length > 0) {
          this.#retry([...late, ...this.#pending], tries, RETRY_MS[tries] ?? 0);
          return;
        }
      }
    }
    if (this.#pending.length > 0) {
      setImmediate(this.#flushNow);
      return;
    }
    this.#planned = false;
    clearInterval(this.#hold);
    this.#hold = undefined;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #retry(writes: Write[], tries: number, pauseMs: number): void {
    this.#tell((watcher) => watcher.delayed?.());
    this.#pending = writes;
    this.#hold ??= setInterval(() => {}, HOLD_MS);
    this.#env.timer(pauseMs, () => this.#flush(tries + 1));
  }

  #commit(writes: readonly Write[]): void {
    const begunAt = this.#env.mono();
    this.#begin.run();
    try {
      for (const watcher of this.#watchers) watcher.begun();
      for (const write of writes) write.value = write.run();
      for (const watcher of this.#watchers) watcher.ending();
      this.#end.run();
    } catch (thrown) {
      // A full disk may have rolled back by itself.
      if (this.#db.inTransaction) this.#db.run("ROLLBACK");
      throw thrown;
    }
    for (const write of writes) write.resolve(write.value);
    const ms = this.#env.mono() - begunAt;
    this.#tell((watcher) => watcher.committed?.(ms, writes.length));
  }

  /** False if it has yet to be tried again. */
  #alone(unit: readonly Write[]): boolean {
    try {
      this.#commit(unit);
    } catch (thrown) {
      if (this.#mayPass(thrown)) return false;
      this.#refuse(unit, thrown);
    }
    return true;
  }

  #refuse(writes: readonly Write[], thrown: unknown): void {
    const error = storageError(thrown);
    for (const write of writes) write.reject(error);
    if (error instanceof BalancerError && isOfStore(thrown))
      this.#tell((watcher) => watcher.refused?.(error, writes.length));
  }

  /** Of what is over: a watcher that throws would have what is on disk written again, or those that wait forgotten. */
  #tell(what: (watcher: TransactionWatcher) => void): void {
    for (const watcher of this.#watchers)
      try {
        what(watcher);
      } catch {
        // It only watches.
      }
  }

  /** Another try may succeed without anybody's doing. */
  #mayPass(thrown: unknown): boolean {
    if (isBusy(thrown)) return true;
    if (!isFull(thrown) || !this.#makeRoom()) return false;
    this.#shortenLog();
    return true;
  }

  /** The log has every version of a page since it was last copied to the database; cut off, it gives most of its room back. */
  #shortenLog(): void {
    try {
      this.#db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // Somebody reads, or there is not even room for that: what was freed has to do.
    }
  }
}

/** In the order in which the first of each was asked for. */
function unitsOf(writes: readonly Write[]): Write[][] {
  const units = new Map<object, Write[]>();
  for (const write of writes) {
    const unit = units.get(write.unit ?? write);
    if (unit === undefined) units.set(write.unit ?? write, [write]);
    else unit.push(write);
  }
  return [...units.values()];
}

const codeOf = (thrown: unknown): string =>
  String((thrown as { code?: unknown } | null)?.code ?? "");

/** Whatever was asked for, it would have failed. */
const isOfStore = (thrown: unknown): boolean =>
  /^SQLITE_(?:BUSY|CANTOPEN|CORRUPT|FULL|IOERR|NOTADB|READONLY)/.test(
    codeOf(thrown),
  );

const isBusy = (thrown: unknown): boolean =>
  codeOf(thrown).startsWith("SQLITE_BUSY");

const isFull = (thrown: unknown): boolean => codeOf(thrown) === "SQLITE_FULL";

function storageError(thrown: unknown): unknown {
  if (thrown instanceof BalancerError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (isBusy(thrown))
    return new BalancerError(
      "STORAGE_BUSY",
      "another process has held the database for 5 s",
      { hint: "Try again; nothing was written.", cause: thrown },
    );
  if (isFull(thrown))
    return new BalancerError("STORAGE_FULL", "the disk is full", {
      hint: "Free some space; nothing was written.",
      cause: thrown,
    });
  const isDamaged = /^SQLITE_(?:CORRUPT|NOTADB)/.test(codeOf(thrown));
  return new BalancerError(
    isDamaged ? "STORAGE_DAMAGED" : "STORAGE_FAILED",
    `the database refused a write: ${message}`,
    { cause: thrown },
  );
}
