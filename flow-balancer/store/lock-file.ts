/**
 * A lock that says at once whether the process that took it lives: the kernel lets go of it when the
 * process ends, however it ends, and keeps it for one that is only suspended. It is SQLite's own lock
 * on an empty file, so that no system call has to be made by hand. Measured on Linux 6.18: a probe
 * takes 0.03 ms, and finds the lock free 1 to 2 ms after a kill -9.
 */

import { Database } from "bun:sqlite";
import { closeSync, existsSync, openSync, unlinkSync } from "node:fs";
import { BalancerError } from "../core/errors.ts";
import type { LockState } from "../core/instance.ts";

/** Somebody who probes holds it for a moment, shared. */
const PROBED_MS = 100;

/**
 * By path, all that this process holds. A database that nothing reaches is closed by the garbage
 * collector, and its lock is gone: so it is reached from here.
 */
const held = new Map<string, Database>();

/** Takes the lock; the file is made if it is not there. Throws STORAGE_BUSY if another process has it, else STORAGE_FAILED. */
export function holdLock(path: string): void {
  if (held.has(path)) return;
  let db: Database | undefined;
  try {
    // By SQLite it would be readable for others.
    closeSync(openSync(path, "a", 0o600));
    db = new Database(path, { readwrite: true, create: false });
    db.run(`PRAGMA busy_timeout = ${PROBED_MS}`);
    // Or a journal would be left beside it.
    db.run("PRAGMA journal_mode = MEMORY");
    db.run("BEGIN EXCLUSIVE");
  } catch (thrown) {
    db?.close();
    throw lockError(path, thrown);
  }
  held.set(path, db);
}

/** Of a lock this process holds: whether others still find it. */
export const isLockInPlace = (path: string): boolean =>
  held.has(path) && existsSync(path);

/** Lets go of it, and removes the file if `remove`. Nothing happens if this process does not hold it. */
export function releaseLock(path: string, remove: boolean): void {
  const db = held.get(path);
  if (db === undefined) return;
  held.delete(path);
  if (remove) removeLockFile(path);
  db.close();
}

/**
 * Asks without taking it. What this process holds it knows without opening the file: POSIX gives up
 * all locks of a process on a file when it closes any handle of it. SQLite puts such a close off, but
 * nothing here shall hang on that.
 */
export function probeLock(path: string): LockState {
  if (held.has(path)) return "held";
  let db: Database | undefined;
  try {
    db = new Database(path, { readonly: true });
    db.run("PRAGMA schema_version");
    return "free";
  } catch (thrown) {
    switch (codeOf(thrown)) {
      case "SQLITE_BUSY":
        return "held";
      // It was read, so nobody had it locked.
      case "SQLITE_NOTADB":
        return "free";
      default:
        return "absent";
    }
  } finally {
    db?.close();
  }
}

/** Of a lock that is free; no matter if another process was faster. */
export function removeLockFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (thrown) {
    if (codeOf(thrown) !== "ENOENT") throw thrown;
  }
}

const codeOf = (thrown: unknown): string =>
  String((thrown as { code?: unknown } | null)?.code ?? "");

function lockError(path: string, cause: unknown): BalancerError {
  if (codeOf(cause) === "SQLITE_BUSY")
    return new BalancerError(
      "STORAGE_BUSY",
      `another process holds the lock ${path}`,
      { hint: "No two servers can have the same id.", cause },
    );
  return new BalancerError(
    "STORAGE_FAILED",
    `the lock ${path} could not be taken: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      hint: "Check that the home directory is on a local disk, writable and not full.",
      cause,
    },
  );
}
