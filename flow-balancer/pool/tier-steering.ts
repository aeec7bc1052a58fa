/** Carries out what a person wants of the tiers: pauses, drains, limits, and the end of one worker. */

import { BalancerError } from "../core/errors.ts";
import type { TaskId } from "../core/ids.ts";
import type { TierControl } from "../core/pool-status.ts";
import { quoted } from "../core/quoted.ts";
import type { Tier } from "../core/tier.ts";
import type { Placer } from "./placer.ts";
import type { PoolTask } from "./pool-task.ts";
import type { TierControls, TierHold, TierSetting } from "./tier-controls.ts";
import { mayServe, type Wish } from "./worker-view.ts";
import type { WorkerPool } from "./worker-pool.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface TierOrder extends TierSetting {
  /** Those that are there finish what they run, and end. Sessions' states are kept, as when a worker is replaced. */
  readonly drain?: boolean | undefined;
}

/** Tasks of sessions, and those of none. */
export interface OpenTo {
  readonly inSessions: boolean;
  readonly inNone: boolean;
  /** Tasks that wait for a person to open a tier again. */
  readonly stuck: number;
}

const OPEN: OpenTo = { inSessions: true, inNone: true, stuck: 0 };

export interface TierSteeringOptions {
  readonly controls: TierControls<WorkerSlot>;
  readonly workers: WorkerPool;
  readonly placer: Placer;
  /** After the present turn of the event loop. */
  readonly later: (fn: () => void) => void;
}

export class TierSteering {
  readonly #options: TierSteeringOptions;
  #isPlanned = false;

  constructor(options: TierSteeringOptions) {
    this.#options = options;
  }

  /** No task is lost or fails for it. Returns how many workers are to end. */
  steer(tier: Tier, order: TierOrder): number {
    const { controls, workers, placer } = this.#options;
    controls.set(tier, order);
    const leaving =
      order.drain === true ? controls.drain(tier, workers.all) : [];
    for (const slot of leaving) {
      slot.release();
      if (slot.session !== null) placer.unpark(slot.session);
    }
    workers.letIdleGo(controls.surplus(workers.all));
    placer.placeAnew();
    return leaving.length;
  }

  control(tier: Tier): TierControl {
    return this.#options.controls.of(tier);
  }

  /** Which tasks could begin, and how many wait that could not: only such as could are to be fetched from others. */
  get open(): OpenTo {
    const { controls, workers, placer } = this.#options;
    if (controls.isQuiet) return OPEN;
    const isThere =
      !controls.isShut("cold") ||
      workers.slots.some(
        ({ state, released }) => state !== "retiring" && !released,
      );
    const inSessions = isThere && !controls.isShut("hot");
    const inNone = isThere && !controls.isShut("warm");
    const waiting = placer.waitingFor();
    const stuck =
      (inSessions ? 0 : waiting.inSessions) + (inNone ? 0 : waiting.inNone);
    return { inSessions, inNone, stuck };
  }

  /** Throws NOT_FOUND, or ALREADY_FINISHED for one that is on its way out. Returns what it ran. */
  kill(id: string): readonly TaskId[] {
    const { workers } = this.#options;
    const slot = workers.slots.find((it) => it.id === id);
    if (slot === undefined || slot.state === "dead")
      throw new BalancerError("NOT_FOUND", `there is no worker ${quoted(id)}`, {
        hint: "It may have ended meanwhile; each has an id of its own.",
      });
    if (slot.state === "retiring")
      throw new BalancerError(
        "ALREADY_FINISHED",
        `worker ${quoted(id)} is on its way out already`,
        { hint: "It is gone within pool.cancel_grace_ms." },
      );
    const running = slot.jobs.map(({ task }) => task.id);
    workers.kill(slot);
    return running;
  }

  /** A tier's places may have changed hands: who waits for one looks again, after this turn. */
  tierChanged(): void {
    const { controls, placer, later } = this.#options;
    if (controls.isQuiet || this.#isPlanned) return;
    this.#isPlanned = true;
    later(() => {
      this.#isPlanned = false;
      placer.place();
    });
  }

  /** Which control keeps a waiting task from a worker, in words; null: none does, or it does not wait. */
  heldBecause(id: TaskId): string | null {
    const { controls, placer } = this.#options;
    if (controls.isQuiet) return null;
    const job = placer.waitingJob(id);
    if (job === null) return null;
    const hold = this.#holdOf(job.task);
    return hold === null ? null : inWords(hold);
  }

  #holdOf({ session, kind }: PoolTask): TierHold | null {
    const { controls, workers } = this.#options;
    const wish: Wish = {
      ...{ session, kind: kind.name, inFlight: 1 },
      ...{ affinity: "priced", usesMemory: true },
    };
    for (const slot of workers.all) {
      if (slot.state !== "idle" || !mayServe(slot, wish)) continue;
      const hold = controls.holdOf(slot, session, workers.all);
      if (hold !== null) return hold;
    }
    return controls.gate(session, workers.all)?.hold ?? null;
  }
}

const WHAT: Readonly<Record<Tier, string>> = {
  hot: "workers bound to a session",
  warm: "workers with a kind loaded",
  cold: "bare and new workers",
};

function inWords(hold: TierHold): string {
  const tier = `the ${hold.tier} tier (${WHAT[hold.tier]}) of this server`;
  return hold.by === "pause"
    ? `${tier} is paused: it waits until somebody resumes it`
    : `${tier} has as many workers as its limit allows: ${hold.limit}`;
}
