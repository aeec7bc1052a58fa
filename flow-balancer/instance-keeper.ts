/**
 * Keeps this server among those that share its home: says that it lives, looks after the others, and
 * takes its share of the machine. All of it happens in beats, about two a second; what goes wrong in
 * one is told and tried again with the next.
 */

import { toWireError } from "./core/errors.ts";
import type { EventSink } from "./core/events.ts";
import type { TaskId } from "./core/ids.ts";
import {
  BEAT_STEPS,
  type BeatStepName,
  type InstanceRecord,
  type InstanceSelf,
  type InstancesStatus,
  type LastBeat,
  type Load,
} from "./core/instance.ts";
import type { Lease, TaskQueue } from "./core/queue.ts";
import { shareSlots } from "./core/slot-share.ts";
import type { BootMs } from "./core/time.ts";
import { InstanceRescue, type RescueParts } from "./instance-rescue.ts";
import { OrphanedLeases } from "./orphaned-leases.ts";
import type { InstanceLocks } from "./store/instance-locks.ts";

export interface KeeperParts extends RescueParts {
  readonly self: InstanceSelf;
  readonly locks: Pick<
    InstanceLocks,
    "hold" | "ids" | "probe" | "release" | "remove"
  >;
  readonly queue: Pick<TaskQueue, "held" | "reclaim" | "release" | "sweep">;
  readonly pool: {
    /** At most so many workers from now on: 1 to `self.maxWorkers`. */
    resize(workers: number): void;
    /** Workers it has work for: tasks that run or wait. */
    demand(): number;
  };
  /** What this process works on, as far as it knows. */
  readonly live: () => readonly Lease[];
  /** Those of `live` that do not hold any more: the work under them is to be stopped. */
  readonly onLost: (leases: readonly Lease[]) => void;
  /** Hears of leases that ran out; left out: nobody does. */
  readonly events?: EventSink | undefined;
  /** The process was suspended, or had no processor, for so long. */
  readonly onWake: (asleepMs: number) => void;
  /** Once for each step that begins to fail, and whenever it fails otherwise than before. */
  readonly onError: (step: string, thrown: unknown) => void;
}

/** Between two beats: from a kill -9 to its work being back in the queue within a second. */
const BEAT_MS = 450;
/** Up to so much more, by id, so that several do not step together. */
const SPREAD_MS = 100;
/** A beat that comes so much too late: the process did not run. */
const ASLEEP_MS = 10_000;
/** Demand is what it was at its highest in so many beats: a pause between two tasks must not cost workers. */
const PEAK_BEATS = 10;

interface StepNotes {
  okAt: BootMs;
  failures: number;
  reason: string | null;
}

export class InstanceKeeper {
  readonly #parts: KeeperParts;
  readonly #rescue: InstanceRescue;
  readonly #orphans: OrphanedLeases;
  readonly #everyMs: number;
  readonly #steps: Record<BeatStepName, StepNotes>;
  #step: BeatStepName | null = null;
  #demands: number[] = [];
  /** Those that live, as far as the last beat that could look found. */
  #rows: readonly InstanceRecord[] = [];
  /** What the pool was told last. */
  #share: number;
  /** What the others were told last; null: not registered. */
  #told: (Load & { readonly at: BootMs }) | null = null;
  #beatAt: BootMs;
  #orphansAt: BootMs;
  #awakeSince: BootMs;
  #wakes = 0;
  /** Whether what is worked on may be another's by now. */
  #isUnsure = false;
  #stopTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: KeeperParts) {
    const { self, env } = parts;
    this.#parts = parts;
    this.#rescue = new InstanceRescue(parts);
    this.#orphans = new OrphanedLeases(parts.queue, self.id);
    this.#everyMs = BEAT_MS + Number(Bun.hash(self.id) % BigInt(SPREAD_MS));
    this.#share = self.maxWorkers;
    const now = env.boot();
    this.#beatAt = this.#orphansAt = this.#awakeSince = now;
    this.#steps = Object.fromEntries(
      BEAT_STEPS.map((step) => [
        step,
        { okAt: now, failures: 0, reason: null },
      ]),
    ) as Record<BeatStepName, StepNotes>;
  }

  /**
   * Takes the lock, which is enough for the others to look after this process, and beats from now on;
   * the first beat registers. Throws STORAGE_FAILED or STORAGE_BUSY.
   */
  start(): void {
    this.#parts.locks.hold(this.#parts.self.id);
    this.#run();
  }

  /**
   * The last of this instance, after all its work has ended: gives back what is left, says goodbye.
   * Never throws; what cannot be done is left to the others.
   */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  lastBeat(): LastBeat {
    const now = this.#parts.env.boot();
    const steps = BEAT_STEPS.map((step) => {
      const { okAt, failures, reason } = this.#steps[step];
      return [step, { okMsAgo: now - okAt, failures, reason }] as const;
    });
    return {
      ageMs: now - this.#beatAt,
      everyMs: this.#everyMs,
      step: this.#step,
      failing: steps.flatMap(([step, { failures }]) =>
        failures > 0 ? [step] : [],
      ),
      steps: Object.fromEntries(steps) as LastBeat["steps"],
      toldMsAgo: this.#told === null ? null : now - this.#told.at,
    };
  }

  status(): InstancesStatus {
    const { env, self, instances } = this.#parts;
    const now = env.boot();
    return {
      self: self.id,
      alive: instances.alive().map((row) => ({
        ...row,
        heartbeatAgeMs: now - row.heartbeatBoot,
      })),
      found: this.#rescue.found,
      wakes: this.#wakes,
      lastBeat: this.lastBeat(),
    };
  }

  #run(): void {
    this.#running = this.#beat().finally(() => {
      this.#running = undefined;
      if (this.#closed === undefined)
        this.#stopTimer = this.#parts.env.timer(this.#everyMs, () =>
          this.#run(),
        );
    });
  }

  async #beat(): Promise<void> {
    const { env, self, instances, locks, queue, onWork } = this.#parts;
    const now = env.boot();
    const sinceMs = now - this.#beatAt;
    this.#beatAt = now;
    if (sinceMs > this.#everyMs + ASLEEP_MS) {
      this.#awakeSince = now;
      this.#wakes++;
      this.#isUnsure = true;
      await this.#do("wake", () => this.#parts.onWake(sinceMs));
    }
    await this.#do("presence", async () => {
      locks.hold(self.id);
      this.#rows = instances.alive();
      await this.#stay(this.#rows.some(({ id }) => id === self.id));
    });
    await this.#do("rescue", async () => {
      // As of the beginning: suspended in the middle of it, everybody would look silent.
      const watchedMs = now - this.#awakeSince;
      const seen = this.#rescue.look(this.#rows, now, watchedMs);
      this.#rows = seen.alive;
      await this.#rescue.rescue(seen.dead);
    });
    await this.#do("sweep", async () => {
      const { expired, due } = await queue.sweep();
      if (expired + due > 0) onWork();
      if (expired > 0)
        this.#parts.events?.({ type: "lease.expired", n: expired });
    });
    await this.#do("orphans", () => this.#lookForOrphans(now));
    await this.#do("share", () => this.#takeShare());
  }

  async #do(
    step: BeatStepName,
    run: () => void | Promise<void>,
  ): Promise<void> {
    if (this.#closed !== undefined) return;
    const notes = this.#steps[step];
    this.#step = step;
    try {
      await run();
      notes.okAt = this.#parts.env.boot();
      notes.failures = 0;
      notes.reason = null;
    } catch (thrown) {
      const { message } = toWireError(thrown);
      const isNews = notes.reason !== message;
      notes.failures++;
      notes.reason = message;
      if (isNews) this.#parts.onError(step, thrown);
    } finally {
      this.#step = null;
    }
  }

  /** First that it lives, so that no more is taken from it; then what was taken already. */
  async #stay(isRegistered: boolean): Promise<void> {
    const { env, self, instances, queue, live, onLost } = this.#parts;
    if (isRegistered && !this.#isUnsure) return;
    this.#isUnsure = true;
    const load = this.#told ?? { wants: 0, share: this.#share };
    this.#told = null;
    await instances.register(self, load);
    this.#told = { ...load, at: env.boot() };
    const mine = live();
    if (mine.length > 0) {
      const held = new Map<TaskId, number>();
      for (const { id, fence } of await queue.held(self.id))
        held.set(id, fence);
      const lost = mine.filter(({ id, fence }) => held.get(id) !== fence);
      if (lost.length > 0) onLost(lost);
    }
    this.#isUnsure = false;
  }

  async #lookForOrphans(now: BootMs): Promise<void> {
    const { rhythm, live, onWork } = this.#parts;
    if (now - this.#orphansAt < rhythm.heartbeatMs) return;
    this.#orphansAt = now;
    if ((await this.#orphans.look(live)) > 0) onWork();
  }

  async #takeShare(): Promise<void> {
    const { env, self, instances, pool, rhythm } = this.#parts;
    const wants = this.#wants();
    const sharers = [
      { ...self, wants },
      ...this.#rows.filter(({ id }) => id !== self.id),
    ];
    const total = Math.max(...sharers.map(({ maxWorkers }) => maxWorkers));
    const share = shareSlots(total, sharers).get(self.id) ?? 1;
    if (share !== this.#share) {
      pool.resize(share);
      this.#share = share;
    }
    const told = this.#told;
    const at = env.boot();
    if (
      told?.wants === wants &&
      told.share === share &&
      at - told.at < rhythm.heartbeatMs
    )
      return;
    // If it was called dead meanwhile, the next beat sees that its row is missing.
    if (await instances.heartbeat(self.id, { wants, share }))
      this.#told = { wants, share, at };
  }

  #wants(): number {
    const { pool, self } = this.#parts;
    const now = Math.min(
      self.maxWorkers,
      Math.max(0, Math.ceil(pool.demand())),
    );
    this.#demands = [...this.#demands.slice(1 - PEAK_BEATS), now];
    return Math.max(...this.#demands);
  }

  async #close(): Promise<void> {
    const { self, instances, locks, queue, onError } = this.#parts;
    this.#stopTimer?.();
    try {
      await this.#running;
      await queue.reclaim(self.id, { abandon: true });
      await instances.stop(self.id);
      locks.release(self.id);
    } catch (thrown) {
      // The kernel lets go of the lock when the process ends.
      onError("close", thrown);
    }
  }
}
