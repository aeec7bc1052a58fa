/** A home with a store in it, for commands that read: rows are put there as the parts that own them would leave them. */

import { mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "bun:sqlite";
import type { Terminal } from "../../flow-balancer/commands/terminal.ts";
import { createPaint } from "../../flow-balancer/core/paint.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import { InstanceLocks } from "../../flow-balancer/store/instance-locks.ts";
import { pidStarted } from "../../flow-balancer/store/instance-process.ts";
import type { Where } from "../../flow-balancer/store-commands/read-store.ts";
import { FakeEnv } from "../support/fake-env.ts";

type Value = string | number | null;
type Row = Readonly<Record<string, Value>>;

const MIGRATIONS = join(
  import.meta.dir,
  "../../flow-balancer/store/migrations",
);

/** On time that stands still, unless it is told another. */
export class StoredHome<E extends Env = FakeEnv> implements Disposable {
  readonly env: E;
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "stored-")));
  readonly home = join(this.folder, "home");
  readonly path = join(this.home, "flow.db");
  readonly where: Where;
  readonly #locks = new InstanceLocks(this.home);
  readonly #held = new Set<string>();

  constructor(env: E = new FakeEnv() as unknown as E) {
    this.env = env;
    this.where = {
      env,
      around: {
        env: { FLOW_BALANCER_HOME: this.home },
        cwd: this.folder,
        home: this.folder,
      },
    };
  }

  /** Makes the store if it is not there. */
  async insert(table: string, ...rows: readonly Row[]): Promise<void> {
    const store = openStore(this.path, "normal", this.env);
    for (const row of rows) {
      const names = Object.keys(row);
      store.raw.run(
        `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
        Object.values(row),
      );
    }
    await closeStore(store);
  }

  task(seq: number, more: Row = {}): Promise<void> {
    return this.insert("tasks", {
      seq,
      id: `task_${seq}`,
      kind: "shell",
      input: "{}",
      priority: 0,
      state: "queued",
      attempt: 1,
      fence: 1,
      submitted_at: this.env.now(),
      ...more,
    });
  }

  async item(
    seq: number,
    title: string,
    more: Row = {},
    workedBy: string | null = null,
  ): Promise<void> {
    await this.task(seq, { kind: "agent", queue: "board", ...more });
    await this.insert("board_items", {
      seq,
      task_id: `task_${seq}`,
      title,
      weight: 3,
      capabilities: "[]",
      created_by: "ada",
      worked_by: workedBy,
      required: "[]",
    });
  }

  /** This very process, unless told otherwise, with its lock held if `locked`. */
  async instance(
    name: string,
    more: Row = {},
    { locked = true }: { locked?: boolean } = {},
  ): Promise<void> {
    const id = `instance_${name}`;
    await this.insert("instances", {
      id,
      pid: process.pid,
      pid_started: pidStarted(process.pid),
      boot_id: this.env.bootId,
      transport: "stdio",
      project_root: "/home/ada/project",
      version: "1.0.0",
      started_at: this.env.now() - 120_000,
      heartbeat_at: this.env.now(),
      heartbeat_boot: this.env.boot(),
      max_workers: 4,
      wants: 1,
      share: 2,
      ...more,
    });
    if (!locked) return;
    this.#locks.hold(id as never);
    this.#held.add(id);
  }

  /** As the first version left it: `old` ran, and none of the tables or columns that came later. */
  writeOld(): void {
    openStore(this.path, "normal", this.env).raw.close();
    rmSync(this.path);
    const raw = new Database(this.path, { create: true, strict: true });
    raw.run(readFileSync(join(MIGRATIONS, "0000_tasks.sql"), "utf8"));
    raw.run(
      `INSERT INTO tasks (id, kind, input, priority, state, attempt, fence, submitted_at, settled_at)
       VALUES ('task_old', 'k', '{}', 0, 'completed', 1, 1, ?, ?)`,
      [this.env.now(), this.env.now()],
    );
    raw.close();
  }

  [Symbol.dispose](): void {
    for (const id of this.#held) this.#locks.release(id as never);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export const terminal = (width = Infinity, isTTY = false): Terminal => ({
  width,
  widthOf: Bun.stringWidth,
  paint: createPaint(isTTY, {}),
});
