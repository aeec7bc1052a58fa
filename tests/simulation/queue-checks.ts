/** What must hold of a queue whatever happens: looked at after every step, and once more when all is over. */

import type { Database, Statement } from "bun:sqlite";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import type { Lease } from "../../flow-balancer/core/queue.ts";
import { isTerminal, type TaskState } from "../../flow-balancer/core/task.ts";

/** One task: id, state, fence, holder, group, value. */
type Row = [
  TaskId,
  TaskState,
  number,
  string | null,
  string | null,
  string | null,
];

export interface Tally {
  /** Results of holders that had lost their task. */
  staleRejected: number;
  accepted: number;
  retried: number;
}

export class QueueChecks {
  readonly tally: Tally = { staleRejected: 0, accepted: 0, retried: 0 };
  readonly #rows: Statement<Row, []>;
  /** Recorded, and somebody was told so. */
  readonly #acknowledged = new Set<TaskId>();
  readonly #fences = new Map<TaskId, number>();
  /** The newest that was handed out. */
  readonly #leases = new Map<TaskId, number>();
  /** The value that was accepted; null: an end without one. */
  readonly #results = new Map<TaskId, string | null>();
  readonly #once = new Set<TaskId>();
  readonly #effects = new Map<TaskId, number>();

  constructor(db: Database) {
    this.#rows = db.prepare(
      "SELECT id, state, fence, holder, group_key, value FROM tasks",
    );
  }

  begin(): void {
    this.#acknowledged.clear();
    this.#fences.clear();
    this.#leases.clear();
    this.#results.clear();
    this.#once.clear();
    this.#effects.clear();
  }

  acknowledged(id: TaskId): void {
    this.#acknowledged.add(id);
  }

  handedOut({ id, fence }: Lease): void {
    const before = this.#leases.get(id);
    if (before !== undefined && fence <= before)
      throw new Error(
        `${id}: handed out under ${fence}, and under ${before} before`,
      );
    this.#leases.set(id, fence);
  }

  /** What became of a settle, or of a retry that was one (`again` false). */
  answered(
    lease: Lease,
    value: string | null,
    accepted: boolean,
    again: boolean,
  ): void {
    const isNewest = this.#leases.get(lease.id) === lease.fence;
    if (!accepted) {
      this.tally.staleRejected += isNewest ? 0 : 1;
      return;
    }
    if (this.#results.has(lease.id))
      throw new Error(`${lease.id}: two results were accepted`);
    if (!isNewest)
      throw new Error(
        `${lease.id}: a result was accepted from a holder that had lost it`,
      );
    if (again) this.tally.retried += 1;
    else {
      this.tally.accepted += 1;
      this.#results.set(lease.id, value);
    }
  }

  redriven(id: TaskId): void {
    this.#results.delete(id);
  }

  /** It must not run twice. */
  once(id: TaskId): void {
    this.#once.add(id);
  }

  isOnce(id: TaskId): boolean {
    return this.#once.has(id);
  }

  /** A task's code was reached. */
  effect(id: TaskId): void {
    const times = (this.#effects.get(id) ?? 0) + 1;
    this.#effects.set(id, times);
    if (times > 1 && this.#once.has(id))
      throw new Error(`${id}: ran ${times} times, and must once`);
  }

  /** Once all is over. */
  over(counts: Readonly<Record<TaskState, number>>): void {
    const counted = Object.values(counts).reduce((sum, n) => sum + n, 0);
    if (counted !== this.#fences.size)
      throw new Error(`${counted} tasks are counted, of ${this.#fences.size}`);
    if (counts.queued + counts.running > 0)
      throw new Error("some are counted that have not ended, and all have");
  }

  /** Whether all have ended. Throws what does not hold. */
  look(): boolean {
    let allEnded = true;
    let stored = 0;
    const groups = new Set<string>();
    for (const [
      id,
      state,
      fence,
      holder,
      group,
      value,
    ] of this.#rows.values() as Row[]) {
      if (fence < (this.#fences.get(id) ?? 0))
        throw new Error(`${id}: its fence fell to ${fence}`);
      this.#fences.set(id, fence);
      if (this.#acknowledged.has(id)) stored += 1;
      if (isTerminal(state)) {
        if (holder !== null)
          throw new Error(`${id}: ended, and held by ${holder}`);
        const accepted = this.#results.get(id);
        if (accepted !== undefined && accepted !== value)
          throw new Error(
            `${id}: ${accepted} was accepted, and ${value} is stored`,
          );
        continue;
      }
      allEnded = false;
      if (this.#results.has(id))
        throw new Error(`${id}: its result was accepted, and it is ${state}`);
      if (holder === null || group === null) continue;
      if (groups.has(group))
        throw new Error(`${group}: more than one of this group is held`);
      groups.add(group);
    }
    if (stored < this.#acknowledged.size)
      throw new Error(
        `${this.#acknowledged.size - stored} acknowledged tasks are not there`,
      );
    return allEnded;
  }
}
