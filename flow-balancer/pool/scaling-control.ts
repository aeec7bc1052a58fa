/**
 * What the pool's rules need to know of its workers, and the answers of the rules: gathers the load,
 * remembers starts, ends and sizes, and holds the one exchange of a worn worker there may be.
 */

import { MachineWatch } from "./machine-watch.ts";
import type { Machine } from "./machine.ts";
import { isSpent, mostWorn, type Wear, type WearLimits } from "./recycling.ts";
import {
  initialScaling,
  noteLetGo,
  noteStart,
  observe,
  PRESSED_PAUSE_MS,
  type PoolLoad,
  type ScalingState,
  type StartDecision,
  workersToRetire,
  workersToStart,
} from "./scaling.ts";
import type { WorkerPoolOptions } from "./worker-pool-options.ts";
import type { WorkerSlot } from "./worker-slot.ts";

export interface ScalingControlOptions extends Pick<
  WorkerPoolOptions,
  "env" | "settings" | "client" | "keepWarmMs" | "evictFirst"
> {
  readonly machine: Machine;
  readonly slots: ReadonlySet<WorkerSlot>;
  readonly idle: ReadonlySet<WorkerSlot>;
  /** The machine was looked at. */
  readonly changed: () => void;
}

/** A start is expected to take so long while none was seen, ms. */
const USUAL_SPAWN_MS = 40;
/** The newest start counts for so much of the mean. */
const SPAWN_WEIGHT = 0.2;
/** Of the machine, unless a setting says otherwise. */
const MEMORY_SHARE = 0.5;
const DAY_MS = 86_400_000;
/** Unused workers are looked for so many times in an idle time. */
const SWEEPS = 6;

export class ScalingControl {
  readonly #options: ScalingControlOptions;
  readonly #watch: MachineWatch<WorkerSlot>;
  readonly #born = new Map<
    WorkerSlot,
    { readonly at: number; readonly serial: number; isReady: boolean }
  >();
  readonly #leaving = new WeakSet<WorkerSlot>();
  readonly #wearLimits: WearLimits;
  #state: ScalingState;
  #spawnMs = USUAL_SPAWN_MS;
  /** Left for other reasons than want of work: a start in their place says nothing of the load. */
  #toReplace = 0;
  #exchange: { old: WorkerSlot; fresh: WorkerSlot | null } | null = null;

  constructor(options: ScalingControlOptions) {
    this.#options = options;
    const { env, machine, settings, slots, changed } = options;
    this.#state = initialScaling(env.mono(), settings.idleMs);
    this.#wearLimits = {
      maxTasks: settings.maxTasksPerWorker,
      maxAgeMs: settings.maxAgeMs ?? DAY_MS,
    };
    this.#watch = new MachineWatch({
      env,
      machine,
      budgetMb: settings.memoryMb ?? machine.memoryMb * MEMORY_SHARE,
      workers: () => [...slots],
      measured: (slot, mb) => (slot.memoryMb = mb),
      looked: changed,
    });
  }

  get sweepEveryMs(): number {
    return Math.max(1, this.#options.settings.idleMs / SWEEPS);
  }

  /** Workers that might be added, were they wanted. */
  get room(): number {
    const { settings, slots } = this.#options;
    return Math.max(
      0,
      Math.min(settings.maxWorkers - slots.size, this.#watch.roomForWorkers()),
    );
  }

  stop(): void {
    this.#watch.stop();
  }

  started(slot: WorkerSlot, serial: number): void {
    const { env, settings } = this.#options;
    const now = env.mono();
    this.#born.set(slot, { at: now, serial, isReady: false });
    const isExchange = this.#exchange?.fresh === null;
    if (this.#exchange !== null && isExchange) this.#exchange.fresh = slot;
    const missed = !isExchange && this.#toReplace === 0;
    this.#state = noteStart(this.#state, now, missed, settings);
    if (!isExchange) this.#toReplace = Math.max(0, this.#toReplace - 1);
    this.#watch.wake();
  }

  taken(): void {
    this.#watch.wake();
  }

  /** It is ready, or its tasks are done. True if it may do no more. */
  freed(slot: WorkerSlot): boolean {
    const now = this.#options.env.mono();
    const born = this.#born.get(slot);
    if (born?.isReady === false) {
      born.isReady = true;
      this.#spawnMs += (now - born.at - this.#spawnMs) * SPAWN_WEIGHT;
    }
    const spent = isSpent(slot.tasksDone, this.#wearLimits);
    if (!spent) this.#considerExchange([slot]);
    return spent;
  }

  letGo(slot: WorkerSlot): void {
    this.#leaving.add(slot);
    this.#toReplace = Math.min(
      this.#options.settings.maxWorkers,
      this.#toReplace + 1,
    );
    if (this.#exchange?.old === slot) this.#exchange = null;
  }

  /** It is dead. True if it had been let go. */
  gone(slot: WorkerSlot): boolean {
    const wasLetGo = this.#leaving.has(slot) || slot.released;
    if (!wasLetGo) this.letGo(slot);
    this.#born.delete(slot);
    const { old, fresh } = this.#exchange ?? {};
    if (old === slot || fresh === slot) this.#exchange = null;
    return wasLetGo;
  }

  /** The worn worker whose place `ready` takes, if it does. */
  replacedBy(ready: WorkerSlot): WorkerSlot | null {
    if (this.#exchange === null || this.#exchange.fresh !== ready) return null;
    const { old } = this.#exchange;
    this.#exchange = null;
    return old;
  }

  decide(): StartDecision {
    const { env, settings } = this.#options;
    const now = env.mono();
    const load = this.#load(now);
    this.#state = observe(this.#state, now, load, settings);
    const decision = this.#decision(now, load);
    if (this.#exchange?.fresh !== null) return decision;
    const pauseMs = this.#watch.isPressed
      ? this.#state.startedAt + PRESSED_PAUSE_MS - now
      : 0;
    // Those who are on their way go first; it is looked at again.
    return load.startingMs.length === 0 && pauseMs <= 0
      ? { start: 1, lookAgainMs: null }
      : { ...decision, lookAgainMs: Math.max(pauseMs, load.spawnMs) };
  }

  #decision(now: number, load: PoolLoad): StartDecision {
    const { settings, machine } = this.#options;
    return workersToStart(this.#state, now, load, {
      ...settings,
      // Two at once on two cores are ready as soon as one alone; more only take each other's time.
      startTokens: machine.cores,
      // Who takes the place of a dead one adds no load.
      pressed: this.#watch.isPressed && this.#toReplace <= 0,
      roomForWorkers: () => this.#watch.roomForWorkers(),
    });
  }

  /** Idle workers that were not used for long enough; all are to be let go. */
  unused(): WorkerSlot[] {
    const { env, idle, slots, settings } = this.#options;
    const now = env.mono();
    const load = this.#load(now);
    this.#state = observe(this.#state, now, load, settings);
    const unused = workersToRetire(this.#state, now, [...idle], {
      spareWorkers: settings.spareWorkers,
      busy: slots.size - idle.size,
      busyUnbound: load.freeInMs.length + load.startingMs.length,
      keepMs: (slot) => this.#keepMs(slot),
    });
    if (unused.length === 0) return unused;
    this.#state = noteLetGo(this.#state, now);
    // For want of work: nothing is to be put in their place.
    this.#toReplace = -unused.length;
    return unused;
  }

  /** Idle workers to let go until the memory is enough; and, with the new sizes, who is worn. */
  overBudget(): WorkerSlot[] {
    this.#considerExchange([...this.#options.slots]);
    const { idle, evictFirst = longestUnused } = this.#options;
    const left = new Set(idle);
    const goes: WorkerSlot[] = [];
    for (let over = this.#watch.overBudgetMb; over > 0 && left.size > 0;) {
      const first = evictFirst([...left]);
      if (!left.delete(first)) break;
      goes.push(first);
      over -= this.#watch.sizeMb(first);
    }
    return goes;
  }

  #considerExchange(of: readonly WorkerSlot[]): void {
    const { slots, settings } = this.#options;
    if (this.#exchange !== null || slots.size > settings.maxWorkers) return;
    const worn = mostWorn(
      of
        .filter((it) => it.state === "idle" || it.state === "busy")
        .map((slot) => ({ slot, ...this.#wear(slot) })),
      this.#wearLimits,
    );
    if (worn !== null) this.#exchange = { old: worn.slot, fresh: null };
  }

  #wear(slot: WorkerSlot): Wear {
    const born = this.#born.get(slot);
    const memory = this.#watch.memoryOf(slot);
    return {
      serial: born?.serial ?? 0,
      tasksDone: slot.tasksDone,
      ageMs: this.#options.env.mono() - (born?.at ?? 0),
      memoryMb: memory?.memoryMb ?? null,
      baselineMb: memory?.baselineMb ?? null,
      bound: slot.bound,
    };
  }

  #keepMs({ loaded, holdsMemory }: WorkerSlot): number {
    const { keepWarmMs, settings } = this.#options;
    // When a session comes back no kind can tell.
    if (keepWarmMs === undefined || holdsMemory) return settings.idleMs;
    const learned = [...loaded].flatMap((kind) => keepWarmMs(kind) ?? []);
    return learned.length === 0 ? settings.idleMs : Math.max(...learned);
  }

  #load(now: number): PoolLoad {
    const { client, slots, settings } = this.#options;
    const startingMs: number[] = [];
    const freeInMs: (number | null)[] = [];
    let idleUnbound = 0;
    let others = 0;
    for (const slot of slots) {
      if (slot.state === "retiring") continue;
      if (slot.state === "starting")
        startingMs.push(now - (this.#born.get(slot)?.at ?? now));
      else if (slot.bound || slot.released) others++;
      else if (slot.state === "idle") idleUnbound++;
      else freeInMs.push(client.freeInMs(slot));
    }
    const demand = client.demand();
    const isCapped = demand >= settings.maxWorkers;
    return {
      waiting: isCapped ? Math.max(demand, client.waiting()) : demand,
      idleUnbound,
      others,
      startingMs,
      freeInMs,
      total: slots.size,
      taskMs: client.taskMs(),
      spawnMs: this.#spawnMs,
    };
  }
}

function longestUnused(idle: readonly WorkerSlot[]): WorkerSlot {
  return idle.reduce((a, b) => (b.idleSince < a.idleSince ? b : a));
}
