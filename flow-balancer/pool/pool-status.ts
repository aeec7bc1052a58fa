/** Reads the pool's slots into the status others see. */

import type { PoolStatus, WorkerStatus } from "../core/pool-status.ts";
import type { EpochMs, MonoMs } from "../core/time.ts";
import { TIERS } from "../core/tier.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export function poolStatus(
  slots: readonly WorkerSlot[],
  {
    waiting,
    maxWorkers,
    configuredWorkers,
    predictions,
    keepWarm,
    controls,
    now,
    epoch,
  }: {
    readonly waiting: number;
    readonly maxWorkers: number;
    readonly configuredWorkers: number;
    readonly predictions: PoolStatus["predictions"];
    readonly keepWarm: PoolStatus["keepWarm"];
    readonly controls: NonNullable<PoolStatus["controls"]>;
    readonly now: MonoMs;
    /** The wall clock at `now`. */
    readonly epoch: EpochMs;
  },
): PoolStatus {
  const count = (of: (slot: WorkerSlot) => boolean): number =>
    slots.filter(of).length;
  const isReady = ({ state }: WorkerSlot): boolean =>
    state === "busy" || state === "idle";
  return {
    maxWorkers,
    configuredWorkers,
    waiting,
    predictions,
    keepWarm,
    controls,
    starting: count((slot) => slot.state === "starting"),
    busy: count((slot) => slot.state === "busy"),
    idle: count((slot) => slot.state === "idle"),
    tiers: Object.fromEntries(
      TIERS.map((tier) => [
        tier,
        count((slot) => slot.tier === tier && isReady(slot)),
      ]),
    ) as PoolStatus["tiers"],
    workers: slots.map((slot) => workerStatus(slot, now, epoch)),
  };
}

const workerStatus = (
  slot: WorkerSlot,
  now: MonoMs,
  epoch: EpochMs,
): WorkerStatus => ({
  id: slot.id,
  pid: slot.pid,
  tier: slot.tier,
  state: slot.state,
  session: slot.session,
  loaded: [...slot.loaded],
  task: slot.jobs[0]?.task.id ?? null,
  tasksInFlight: slot.inFlight,
  tasksDone: slot.tasksDone,
  health: slot.inFlight > 0 ? slot.health : null,
  strayMessages: slot.strayMessages,
  heardMsAgo: Math.round(now - slot.heardAt),
  ageMs: Math.round(now - slot.bornAt),
  busyShare: slot.busyShare(now),
  taskSince:
    slot.inFlight > 0 ? Math.round(epoch - (now - slot.busySince)) : null,
  taskKind: slot.kind,
});
