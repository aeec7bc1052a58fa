/**
 * Finds servers of this home that died, and gives their work back. In an order that stands a death in
 * the middle, and two that do it at once: first the work, then the row, then the lock's file, which
 * says as long as it lies there that somebody may have to be looked after.
 */

import type { InstanceId } from "./core/ids.ts";
import {
  judge,
  type CauseOfDeath,
  type InstanceRecord,
  type LockState,
  type ProcessState,
  type Rhythm,
} from "./core/instance.ts";
import type { Env } from "./core/ports.ts";
import type { Reclaimed, TaskQueue } from "./core/queue.ts";
import type { BootMs } from "./core/time.ts";
import type { InstanceLocks } from "./store/instance-locks.ts";
import type { Instances } from "./store/instances.ts";

export interface RescueParts {
  readonly env: Env;
  readonly self: { readonly id: InstanceId };
  readonly rhythm: Rhythm;
  readonly instances: Instances;
  readonly locks: Pick<InstanceLocks, "ids" | "probe" | "remove">;
  readonly processState: (pid: number, started: string) => ProcessState;
  readonly queue: Pick<TaskQueue, "reclaim">;
  /** One is dead for certain, and its work is back in the queue: what else was its own is to go too. */
  readonly onDead: (dead: InstanceId) => Promise<void>;
  /** Tasks may be there to be claimed. */
  readonly onWork: () => void;
}

interface Dead {
  readonly id: InstanceId;
  readonly lock: LockState;
  readonly cause: CauseOfDeath;
  readonly abandon: boolean;
}

export class InstanceRescue {
  readonly #parts: RescueParts;
  #dead = 0;
  #work: Reclaimed = { requeued: 0, unknown: 0, poisoned: 0, abandoned: 0 };

  constructor(parts: RescueParts) {
    this.#parts = parts;
  }

  get found(): { readonly dead: number; readonly work: Reclaimed } {
    return { dead: this.#dead, work: this.#work };
  }

  /** At `boot`: those of `rows` (all that have not ended) that live, and whoever else is dead. `watchedMs`: see `InstanceSigns`. */
  look(
    rows: readonly InstanceRecord[],
    boot: BootMs,
    watchedMs: number,
  ): { readonly alive: readonly InstanceRecord[]; readonly dead: Dead[] } {
    const { self, locks, instances } = this.#parts;
    const alive: InstanceRecord[] = [];
    const dead: Dead[] = [];
    for (const row of rows) {
      const found =
        row.id === self.id ? null : this.#judge(row, boot, watchedMs);
      if (found === null) alive.push(row);
      else dead.push(found);
    }
    const known = new Set<string>(rows.map(({ id }) => id)).add(self.id);
    for (const id of locks.ids()) {
      // Died before it had a row, or after it was called dead: it was suspended, and may have claimed on.
      if (known.has(id) || locks.probe(id) !== "free") continue;
      const row = instances.get(id);
      const found = row === null ? null : this.#judge(row, boot, watchedMs);
      const abandon = found?.abandon ?? false;
      dead.push({ id, lock: "free", cause: "unlocked", abandon });
    }
    return { alive, dead };
  }

  /** All that can be; then throws what went wrong first. The next look finds the rest again. */
  async rescue(dead: readonly Dead[]): Promise<void> {
    const failures: unknown[] = [];
    for (const one of dead)
      await this.#takeFrom(one).catch((thrown) => failures.push(thrown));
    if (failures.length > 0) throw failures[0];
  }

  /** Null if it lives. */
  #judge(row: InstanceRecord, boot: BootMs, watchedMs: number): Dead | null {
    const { env, locks, processState, rhythm } = this.#parts;
    const lock = locks.probe(row.id);
    const signs = {
      bootId: env.bootId,
      boot,
      watchedMs,
      lock,
      process:
        lock === "absent" ? processState(row.pid, row.pidStarted) : "unknown",
    } as const;
    const verdict = judge(row, signs, rhythm);
    if (verdict.isAlive) return null;
    const { cause, abandon } = verdict;
    return { id: row.id, lock, cause, abandon };
  }

  async #takeFrom({ id, lock, cause, abandon }: Dead): Promise<void> {
    const { self, instances, locks, queue, onWork, onDead } = this.#parts;
    const work = await queue.reclaim(id, { abandon });
    const before = this.#work;
    this.#work = {
      requeued: before.requeued + work.requeued,
      unknown: before.unknown + work.unknown,
      poisoned: before.poisoned + work.poisoned,
      abandoned: before.abandoned + work.abandoned,
    };
    if (Object.values(work).some((count) => count > 0)) onWork();
    // Suspended, it may go on, and its clients with it.
    if (cause !== "silent") await onDead(id);
    if (await instances.markDead(id, { cause, foundBy: self.id, work }))
      this.#dead++;
    if (lock === "free") locks.remove(id);
  }
}
