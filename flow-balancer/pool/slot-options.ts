/** What a worker's slot is given, and what it tells the pool. */

import type { WorkerDeath } from "../worker/worker-process.ts";
import type { SessionStateSource } from "./held-state.ts";
import type { Job } from "./job.ts";
import type { ChannelOptions } from "./worker-channel.ts";

export interface SlotEvents<Slot> {
  /** The worker has no job. */
  idle(slot: Slot): void;
  /** Gone for good with the jobs it had; `started` tells whether it ever became ready. */
  dead(
    slot: Slot,
    death: WorkerDeath,
    started: boolean,
    lost: readonly Job[],
  ): void;
  /** While it is busy its tier may be another from now on. */
  tierChanged(): void;
}

export interface SlotOptions<Slot> extends Omit<ChannelOptions, "events"> {
  readonly startTimeoutMs: number;
  readonly cancelGraceMs: number;
  /** Left out: nothing is kept of any session. */
  readonly sessionState?: SessionStateSource | undefined;
  readonly events: SlotEvents<Slot>;
}
