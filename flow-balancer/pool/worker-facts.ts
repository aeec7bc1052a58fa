/** What is known of a worker process without asking it: the part of a slot that rules look at. */

import type { SessionId } from "../core/ids.ts";
import type { WorkerState } from "../core/pool-status.ts";
import type { MonoMs } from "../core/time.ts";
import type { Tier } from "../core/tier.ts";
import type { Job } from "./job.ts";
import { JobsInHand } from "./jobs-in-hand.ts";

export abstract class WorkerFacts {
  readonly loaded = new Set<string>();
  /** Whose task it ran last, or whose memory it holds. */
  session: SessionId | null = null;
  /** It holds its session's memory: it serves nobody else any more. */
  holdsMemory = false;
  reservedFor: string | null = null;
  state: WorkerState = "starting";
  idleSince: MonoMs;
  /** When the oldest of its jobs began. */
  busySince: MonoMs;
  /** From its start until it could take a job, ms. */
  readyMs = 0;
  tasksDone = 0;
  /** To be let go as soon as it is idle. */
  released = false;
  /** As of the last measurement, MiB; null: there was none. */
  memoryMb: number | null = null;
  /** Messages that named no running job. */
  strayMessages = 0;
  heardAt: MonoMs;
  protected readonly hand = new JobsInHand();

  constructor(now: MonoMs) {
    this.idleSince = this.heardAt = this.busySince = now;
  }

  get jobs(): Job[] {
    return [...this.hand];
  }

  get inFlight(): number {
    return this.hand.size;
  }

  /** Of what it runs; null unless it is busy. */
  get kind(): string | null {
    return this.hand.first()?.task.kind.name ?? null;
  }

  /** The same, as long as others may run beside it. */
  get running(): string | null {
    const { kind } = this;
    return kind !== null && this.loaded.has(kind) ? kind : null;
  }

  get serving(): SessionId | null {
    return this.hand.first()?.task.session ?? null;
  }

  get quarantined(): boolean {
    return this.hand.isClosed;
  }

  /** Not for any task that comes. */
  get bound(): boolean {
    return this.holdsMemory || this.reservedFor !== null;
  }

  /** How specialised the process is now. */
  get tier(): Tier {
    if (this.session !== null) return "hot";
    return this.loaded.size > 0 ? "warm" : "cold";
  }

  /** What a task that is placed now finds. */
  tierFor(kind: string, session: SessionId | null): Tier {
    if (session !== null && this.session === session) return "hot";
    return this.loaded.has(kind) ? "warm" : "cold";
  }
}
