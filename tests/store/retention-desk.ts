/** A store with ended and open tasks, an archive folder, and processes that prune the one into the other. */

import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HolderId, TaskId } from "../../flow-balancer/core/ids.ts";
import type { TaskState } from "../../flow-balancer/core/task.ts";
import {
  appendToArchive,
  archiveFiles,
  archiveFolder,
  readArchive,
} from "../../flow-balancer/store/archive-file.ts";
import type { ArchivedTask } from "../../flow-balancer/store/archived-task.ts";
import { openStore, type Store } from "../../flow-balancer/store/database.ts";
import {
  type Append,
  Retention,
  type RetentionSettings,
} from "../../flow-balancer/store/retention.ts";
import {
  attempts,
  tallies,
  taskOutputs,
  tasks,
} from "../../flow-balancer/store/schema.ts";
import {
  boardItems,
  boardNotes,
} from "../../flow-balancer/store/shared-schema.ts";
import { FakeEnv } from "../support/fake-env.ts";

export const DAY = 86_400_000;

export interface Planted {
  readonly state: TaskState;
  /** Days since it ended, if it did. */
  readonly age: number;
  readonly onBoard: boolean;
}

export class RetentionDesk implements Disposable {
  readonly env = new FakeEnv();
  readonly home = mkdtempSync(join(tmpdir(), "retention-"));
  readonly store = openStore(":memory:", "normal", this.env);
  #planted = 0;

  [Symbol.dispose](): void {
    this.store.raw.close();
    rmSync(this.home, { recursive: true });
  }

  /** In order of arrival: none came after one that follows it ended. */
  plantAll(all: readonly Planted[]): TaskId[] {
    let arrived = 0;
    const arrivals = all
      .toReversed()
      .map(({ age }) => (arrived = Math.max(arrived, age)))
      .reverse();
    return all.map((it, n) => this.plant(it, arrivals[n]));
  }

  plant({ state, age, onBoard }: Planted, arrived: number = age): TaskId {
    const n = ++this.#planted;
    const id = `task_${n}` as TaskId;
    const at = Math.round(this.env.now() - age * DAY);
    const isOpen = state === "queued" || state === "running";
    const { orm } = this.store;
    const { seq } = orm
      .insert(tasks)
      .values({
        id,
        kind: "k",
        inputJson: n % 3 === 0 ? new Uint8Array([n, 2, 3]) : `{"n":${n}}`,
        priority: 0,
        state,
        attempt: 1,
        fence: n,
        submittedAt: Math.round(this.env.now() - arrived * DAY),
        settledAt: isOpen ? null : at,
        valueJson: isOpen ? null : `"value ${n}"`,
      })
      .returning({ seq: tasks.seq })
      .get();
    orm
      .insert(tallies)
      .values({ state, n: 1 })
      .onConflictDoUpdate({
        target: tallies.state,
        set: { n: this.tally(state) + 1 },
      })
      .run();
    const by = "somebody" as HolderId;
    orm
      .insert(attempts)
      .values({
        taskSeq: seq,
        attempt: 1,
        fence: 1,
        endedAt: at,
        end: "retried",
      })
      .run();
    orm
      .insert(taskOutputs)
      .values({
        taskId: id,
        text: `printed ${n}`,
        bytesSeen: 9,
        truncated: false,
      })
      .run();
    if (onBoard) {
      orm
        .insert(boardItems)
        .values({
          seq,
          taskId: id,
          title: `t${n}`,
          weight: 1,
          capabilitiesJson: "[]",
          createdBy: by,
          requiredJson: "[]",
        })
        .run();
      orm
        .insert(boardNotes)
        .values({ taskSeq: seq, at, by, text: "first" })
        .run();
    }
    return id;
  }

  tally(state: TaskState): number {
    return (
      this.store.raw
        .query<{ n: number }, [string]>("SELECT n FROM tallies WHERE state = ?")
        .get(state)?.n ?? 0
    );
  }

  count(table: string): number {
    return (
      this.store.raw
        .query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`)
        .get()?.n ?? -1
    );
  }

  stored(): TaskId[] {
    return this.store.raw
      .query<{ id: TaskId }, []>("SELECT id FROM tasks ORDER BY seq")
      .all()
      .map(({ id }) => id);
  }

  /** Every line of every file, in order; the ids of those that are there twice are there twice. */
  async archived(): Promise<ArchivedTask[]> {
    const all: ArchivedTask[] = [];
    for (const { name } of await archiveFiles(archiveFolder(this.home)))
      for await (const it of readArchive(join(archiveFolder(this.home), name)))
        all.push(it);
    return all;
  }

  process(
    settings: Partial<RetentionSettings> = {},
    append?: Append,
  ): Retention {
    return new Retention({
      ...this,
      env: this.env,
      settings,
      ...(append === undefined ? {} : { append }),
    });
  }

  /** A process that dies at its `at`-th step towards the disk: before it, in the middle, or after. */
  dying(
    settings: Partial<RetentionSettings>,
    at: number,
    when: "before" | "torn" | "after",
  ): Retention {
    let steps = 0;
    let isDead = false;
    const step = async <T>(
      act: () => Promise<T>,
      tear?: () => Promise<void>,
    ) => {
      if (isDead || ++steps === at) {
        const wasDead = isDead;
        isDead = true;
        if (!wasDead && when !== "before") await act();
        if (!wasDead && when === "torn") await tear?.();
        throw new Error("died");
      }
      return act();
    };
    const { commit, raw, orm } = this.store;
    const write: Store["commit"]["write"] = (run) =>
      // A transaction is never torn.
      step(() => commit.write(run));
    return new Retention({
      home: this.home,
      env: this.env,
      settings,
      store: { raw, orm, commit: { write } as Store["commit"] },
      append: (...args) =>
        step(
          () => appendToArchive(...args),
          () => this.#tear(),
        ),
    });
  }

  /** Cuts the newest file within its last bytes. */
  async #tear(): Promise<void> {
    const folder = archiveFolder(this.home);
    const name = (await archiveFiles(folder)).at(-1)?.name ?? "";
    const path = join(folder, name);
    truncateSync(path, Bun.file(path).size - 7);
  }

  folder(): Promise<string[]> {
    return readdir(archiveFolder(this.home));
  }
}
