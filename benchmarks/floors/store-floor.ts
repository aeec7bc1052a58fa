/**
 * The floor of a store of tasks with workers: an insert, a guarded settle and an outcome row a task,
 * what comes in one turn of the event loop in one transaction, and echo processes over raw IPC that
 * get what is theirs of that turn in one message. On disk before it runs, and before anybody hears of
 * it; nothing else. Pragmas as the store's.
 */

import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EchoInput } from "../closed-loop.ts";
import { type Peer, serveContender } from "../contender.ts";

const CHILD = join(import.meta.dir, "echo-child.ts");
const FENCE = 1;

interface Task {
  readonly inputJson: string;
  readonly resolve: (value: unknown) => void;
  seq: number;
  valueJson: string;
}

/** Answers in the order of the questions. */
class EchoProcess {
  readonly #waiting: Task[][] = [];
  readonly #process: Bun.Subprocess;
  #gathered: Task[] = [];

  constructor(onAnswer: (tasks: readonly Task[]) => void) {
    this.#process = Bun.spawn([process.execPath, CHILD], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "inherit",
      serialization: "advanced",
      ipc: (message: readonly string[]) => {
        const tasks = this.#waiting.shift() ?? [];
        for (const [at, task] of tasks.entries())
          task.valueJson = message[at] ?? "";
        onAnswer(tasks);
      },
    });
  }

  add(task: Task): void {
    this.#gathered.push(task);
  }

  send(): void {
    if (this.#gathered.length === 0) return;
    this.#process.send(this.#gathered.map(({ inputJson }) => inputJson));
    this.#waiting.push(this.#gathered);
    this.#gathered = [];
  }

  close(): void {
    this.#process.disconnect();
  }
}

class StoreFloor implements Peer {
  readonly #folder = mkdtempSync(join(tmpdir(), "flow-balancer-floor-"));
  readonly #db: Database;
  readonly #sql: ReturnType<typeof prepare>;
  readonly #workers: readonly EchoProcess[];
  #new: Task[] = [];
  #done: Task[] = [];
  #planned = false;
  #turn = 0;
  readonly #flush = (): void => this.#commit();

  constructor(workers: number, synchronous: string) {
    this.#db = new Database(join(this.#folder, "floor.db"), { create: true });
    for (const pragma of [
      "journal_mode = WAL",
      `synchronous = ${synchronous}`,
      "cache_size = -16384",
      "wal_autocheckpoint = 4000",
    ])
      this.#db.run(`PRAGMA ${pragma}`);
    this.#sql = prepare(this.#db);
    this.#workers = Array.from(
      { length: workers },
      () =>
        new EchoProcess((tasks) => {
          for (const task of tasks) this.#done.push(task);
          this.#plan();
        }),
    );
  }

  run(input: EchoInput): Promise<unknown> {
    const inputJson = JSON.stringify(input);
    return new Promise((resolve) => {
      this.#new.push({ inputJson, resolve, seq: 0, valueJson: "" });
      this.#plan();
    });
  }

  async close(): Promise<void> {
    for (const worker of this.#workers) worker.close();
    this.#db.close();
    rmSync(this.#folder, { recursive: true });
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(this.#flush);
  }

  #commit(): void {
    this.#planned = false;
    const [recorded, settled, now] = [this.#new, this.#done, Date.now()];
    [this.#new, this.#done] = [[], []];
    const { begin, insert, settle, outcome, commit } = this.#sql;
    begin.run();
    for (const task of recorded)
      task.seq = Number(
        insert.run("echo", task.inputJson, FENCE, now).lastInsertRowid,
      );
    for (const { seq, valueJson } of settled) {
      if (settle.run(valueJson, now, seq, FENCE).changes !== 1)
        throw new Error(`task ${seq} was settled by another`);
      outcome.run(seq, "echo", now);
    }
    commit.run();
    for (const task of recorded)
      this.#workers[this.#turn++ % this.#workers.length]?.add(task);
    for (const worker of this.#workers) worker.send();
    for (const { resolve, valueJson } of settled)
      resolve(JSON.parse(valueJson));
  }
}

function prepare(db: Database) {
  db.run(
    "CREATE TABLE tasks (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, input TEXT NOT NULL, state TEXT NOT NULL, fence INTEGER NOT NULL, submitted_at INTEGER NOT NULL, settled_at INTEGER, value TEXT)",
  );
  db.run(
    "CREATE TABLE outcomes (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, settled_at INTEGER NOT NULL)",
  );
  return {
    begin: db.prepare("BEGIN IMMEDIATE"),
    insert: db.prepare(
      "INSERT INTO tasks (kind, input, state, fence, submitted_at) VALUES (?, ?, 'queued', ?, ?)",
    ),
    settle: db.prepare(
      "UPDATE tasks SET state = 'completed', value = ?, settled_at = ? WHERE seq = ? AND fence = ? AND state = 'queued'",
    ),
    outcome: db.prepare(
      "INSERT INTO outcomes (seq, kind, state, settled_at) VALUES (?, ?, 'completed', ?)",
    ),
    commit: db.prepare("COMMIT"),
  };
}

await serveContender(
  ({ workers, durability }) =>
    new StoreFloor(workers, durability === "full" ? "FULL" : "NORMAL"),
);
