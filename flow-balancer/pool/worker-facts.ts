/** What is known of a worker process without asking it: the part of a slot that rules look at. */

import type { SessionId } from "../core/ids.ts";
import type { WorkerState } from "../core/pool-status.ts";
import type { MonoMs } from "../core/time.ts";
import type { Tier } from "../core/tier.ts";
import { BusyShare } from "./busy-share.ts";
import type { Job } from "./job.ts";
import { JobsInHand } from "./jobs-in-hand.ts";
import { tierNow } from "./tier-places.ts";

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
  /** By a person: nothing is to blame for its end. */
  killed = false;
  /** As of the last measurement, MiB; null: there was none. */
  memoryMb: number | null = null;
  /** Messages that named no running job. */
  strayMessages = 0;
  heardAt: MonoMs;
  protected readonly hand = new JobsInHand();
  readonly bornAt: MonoMs;
  #readyAt: MonoMs | null = null;
  readonly #busy = new BusyShare();

  constructor(now: MonoMs) {
    this.idleSince = this.heardAt = this.busySince = this.bornAt = now;
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
    return tierNow(this);
  }

  /** Of the last minute, 0..1; null: it was not ready yet. */
  busyShare(now: MonoMs): number | null {
    const since = this.state === "busy" ? this.busySince : null;
    return this.#busy.share(now, this.#readyAt, since);
  }

  protected becameBusy(now: MonoMs): void {
    this.state = "busy";
    this.busySince = now;
  }

  protected becameIdle(now: MonoMs): void {
    if (this.state === "busy") this.#busy.add(this.busySince, now);
    this.#readyAt ??= now;
    this.state = "idle";
    this.idleSince = now;
  }

  /** What a task that is placed now finds. */
  tierFor(kind: string, session: SessionId | null): Tier {
    if (session !== null && this.session === session) return "hot";
    return this.loaded.has(kind) ? "warm" : "cold";
  }
}
