/**
 * Writes of one turn of the event loop in one transaction: each caller's promise resolves once
 * its write is committed, and a write that fails harms no other. Never waits for a lock while
 * holding the event loop.
 */

import type { Database } from "bun:sqlite";
import { BalancerError } from "../core/errors.ts";
import type { Env } from "../core/ports.ts";

interface Write {
  /** Runs inside a transaction; may run again after a rollback. */
  run(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Pauses between tries while another process writes, ms. In all about 5 s, then STORAGE_BUSY. */
const RETRY_MS = [1, 2, 5, 10, 20, 50, 100, 250, 500, 1_000, 1_000, 2_000];

export class GroupCommit {
  readonly #db: Database;
  readonly #env: Env;
  #pending: Write[] = [];
  #planned = false;
  #idle: (() => void)[] = [];

  constructor(db: Database, env: Env) {
    this.#db = db;
    this.#env = env;
  }

  write<T>(run: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({
        run,
        resolve: resolve as (value: unknown) => void,
        reject,
      });
      if (this.#planned) return;
      this.#planned = true;
      setImmediate(() => this.#flush(0));
    });
  }

  /** Resolves when nothing is left to be written. */
  async drained(): Promise<void> {
    if (!this.#planned) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #flush(tries: number): void {
    const writes = this.#pending;
    this.#pending = [];
    try {
      this.#commit(writes);
    } catch (thrown) {
      const pause = isBusy(thrown) ? RETRY_MS[tries] : undefined;
      if (pause !== undefined) {
        this.#pending = [...writes, ...this.#pending];
        this.#env.timer(pause, () => this.#flush(tries + 1));
        return;
      }
      if (writes.length > 1) for (const write of writes) this.#alone(write);
      else for (const write of writes) write.reject(storageError(thrown));
    }
    if (this.#pending.length > 0) {
      setImmediate(() => this.#flush(0));
      return;
    }
    this.#planned = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #commit(writes: readonly Write[]): void {
    this.#db.run("BEGIN IMMEDIATE");
    let values: unknown[];
    try {
      values = writes.map((write) => write.run());
      this.#db.run("COMMIT");
    } catch (thrown) {
      // A full disk may have rolled back by itself.
      if (this.#db.inTransaction) this.#db.run("ROLLBACK");
      throw thrown;
    }
    for (const [index, write] of writes.entries()) write.resolve(values[index]);
  }

  #alone(write: Write): void {
    try {
      this.#commit([write]);
    } catch (thrown) {
      write.reject(storageError(thrown));
    }
  }
}

const codeOf = (thrown: unknown): string =>
  String((thrown as { code?: unknown } | null)?.code ?? "");

const isBusy = (thrown: unknown): boolean =>
  codeOf(thrown).startsWith("SQLITE_BUSY");

function storageError(thrown: unknown): unknown {
  if (thrown instanceof BalancerError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (isBusy(thrown))
    return new BalancerError(
      "STORAGE_BUSY",
      "another process has held the database for 5 s",
      { hint: "Try again; nothing was written.", cause: thrown },
    );
  const isFull = codeOf(thrown) === "SQLITE_FULL";
  return new BalancerError(
    isFull ? "STORAGE_FULL" : "STORAGE_FAILED",
    isFull ? "the disk is full" : `the database refused a write: ${message}`,
    {
      hint: isFull ? "Free some space; nothing was written." : "",
      cause: thrown,
    },
  );
}
