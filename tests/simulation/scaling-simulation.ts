/**
 * A pool whose workers are numbers: the rules of scaling.ts, or the plain rule they replaced, are
 * given arrivals and fake time. A start takes longer the more there are at once (measured on two
 * cores: 42 ms for one or two, 78 for four, 140 for eight), tasks take what they say.
 */

import { Occupancy } from "./occupancy.ts";
import {
  initialScaling,
  noteLetGo,
  noteStart,
  observe,
  type PoolLoad,
  type ScalingLimits,
  type ScalingState,
  type StartDecision,
  workersToRetire,
  workersToStart,
} from "../../flow-balancer/pool/scaling.ts";

export interface SimulatedTask {
  readonly at: number;
  readonly ms: number;
}

export interface SimulatedWorker {
  readonly bornAt: number;
  state: "starting" | "idle" | "busy" | "gone";
  idleSince: number;
  tasksDone: number;
  readonly bound: false;
}

export interface Rule {
  readonly sweepEveryMs: number;
  decide(now: number, load: PoolLoad): StartDecision;
  started(now: number): void;
  retire(
    now: number,
    idle: readonly SimulatedWorker[],
    load: PoolLoad,
  ): readonly SimulatedWorker[];
}

export interface Setting extends Omit<
  ScalingLimits,
  "pressed" | "roomForWorkers"
> {
  /** Of a start alone; more than there are cores take each other's time. */
  readonly spawnMs: number;
  readonly cores: number;
  readonly pressed?: (now: number) => boolean;
  readonly roomForWorkers?: () => number;
}

export interface Outcome {
  /** ms, in order of arrival. */
  readonly waits: readonly number[];
  /** When workers were started and let go, ms. */
  readonly starts: readonly number[];
  readonly letGo: readonly number[];
  readonly mostWorkers: number;
  readonly mostStarting: number;
}

/** Those that pay, as the pool uses them. */
export function payingRule(setting: Setting): Rule {
  let state: ScalingState = initialScaling(0, setting.idleMs);
  return {
    sweepEveryMs: setting.idleMs / 6,
    decide(now, load) {
      state = observe(state, now, load, setting);
      return workersToStart(state, now, load, {
        ...setting,
        pressed: setting.pressed?.(now) ?? false,
        roomForWorkers:
          setting.roomForWorkers ?? (() => Number.POSITIVE_INFINITY),
      });
    },
    started(now) {
      state = noteStart(state, now, true, setting);
    },
    retire(now, idle, load) {
      state = observe(state, now, load, setting);
      const gone = workersToRetire(state, now, idle, {
        spareWorkers: setting.spareWorkers,
        busy: load.total - idle.length,
        busyUnbound: load.freeInMs.length + load.startingMs.length,
        keepMs: () => setting.idleMs,
      });
      if (gone.length > 0) state = noteLetGo(state, now);
      return gone;
    },
  };
}

/** The rule before: one for each that waits and each spare that is missing, and a fixed idle time. */
export function plainRule({ spareWorkers, maxWorkers, idleMs }: Setting): Rule {
  return {
    sweepEveryMs: idleMs,
    decide(_, load) {
      const missing =
        load.waiting + spareWorkers - load.idleUnbound - load.startingMs.length;
      const start = Math.max(0, Math.min(missing, maxWorkers - load.total));
      return { start, lookAgainMs: null };
    },
    started: () => {},
    retire: (now, idle) =>
      [...idle]
        .sort((a, b) => a.idleSince - b.idleSince)
        .slice(0, Math.max(0, idle.length - spareWorkers))
        .filter(({ idleSince }) => now - idleSince >= idleMs),
  };
}

export function simulate(
  tasks: readonly SimulatedTask[],
  setting: Setting,
  rule: Rule,
  untilMs: number,
): Outcome {
  const pool = new SimulatedPool(setting, rule);
  pool.run(tasks, untilMs);
  return pool;
}

class SimulatedPool implements Outcome {
  readonly waits: number[] = [];
  readonly starts: number[] = [];
  readonly letGo: number[] = [];
  mostWorkers = 0;
  mostStarting = 0;
  #now = 0;
  #lookPlanned = false;
  readonly #setting: Setting;
  readonly #rule: Rule;
  readonly #workers = new Set<SimulatedWorker>();
  readonly #occupancy = new Occupancy<SimulatedWorker>();
  readonly #queue: { task: SimulatedTask; index: number }[] = [];
  /** By time; those of one moment in the order they were planned. */
  readonly #events: { at: number; fn: () => void }[] = [];

  constructor(setting: Setting, rule: Rule) {
    this.#setting = setting;
    this.#rule = rule;
  }

  run(tasks: readonly SimulatedTask[], untilMs: number): void {
    this.#refill();
    this.#sweep();
    let next = 0;
    for (;;) {
      const task = tasks[next];
      const event = this.#events[0];
      const at = Math.min(
        task?.at ?? Number.POSITIVE_INFINITY,
        event?.at ?? Number.POSITIVE_INFINITY,
      );
      if (at > untilMs) return;
      this.#now = at;
      if (event !== undefined && event.at === at) {
        this.#events.shift();
        event.fn();
      } else if (task !== undefined) {
        this.#queue.push({ task, index: next++ });
        this.#place();
      }
    }
  }

  #after(ms: number, fn: () => void): void {
    const at = this.#now + ms;
    const place = this.#events.findIndex((event) => event.at > at);
    this.#events.splice(place < 0 ? this.#events.length : place, 0, { at, fn });
  }

  #of(state: SimulatedWorker["state"]): SimulatedWorker[] {
    return [...this.#workers].filter((worker) => worker.state === state);
  }

  #place(): void {
    const idle = this.#of("idle").sort((a, b) => a.idleSince - b.idleSince);
    while (this.#queue.length > 0) {
      const worker = idle.pop();
      if (worker === undefined) break;
      const { task, index } = this.#queue.shift()!;
      this.waits[index] = this.#now - task.at;
      worker.state = "busy";
      this.#occupancy.began(worker, this.#now);
      this.#after(task.ms, () => {
        worker.tasksDone++;
        this.#occupancy.ended(worker, this.#now);
        this.#free(worker);
      });
    }
    this.#refill();
  }

  #free(worker: SimulatedWorker): void {
    worker.state = "idle";
    worker.idleSince = this.#now;
    this.#place();
  }

  #refill(): void {
    const { start, lookAgainMs } = this.#rule.decide(this.#now, this.#load());
    for (let n = 0; n < start; n++) this.#start();
    if (start > 0 && this.#setting.startTokens > 1) this.#refill();
    else if (lookAgainMs !== null && !this.#lookPlanned) {
      this.#lookPlanned = true;
      this.#after(lookAgainMs, () => {
        this.#lookPlanned = false;
        this.#refill();
      });
    }
  }

  #start(): void {
    const worker: SimulatedWorker = {
      bornAt: this.#now,
      state: "starting",
      idleSince: this.#now,
      tasksDone: 0,
      bound: false,
    };
    this.#workers.add(worker);
    this.starts.push(this.#now);
    this.#rule.started(this.#now);
    this.mostWorkers = Math.max(this.mostWorkers, this.#workers.size);
    const starting = this.#of("starting").length;
    this.mostStarting = Math.max(this.mostStarting, starting);
    const { spawnMs, cores } = this.#setting;
    this.#after(spawnMs * Math.max(1, starting / cores), () =>
      this.#free(worker),
    );
  }

  #sweep(): void {
    this.#after(this.#rule.sweepEveryMs, () => {
      const idle = this.#of("idle");
      for (const worker of this.#rule.retire(this.#now, idle, this.#load())) {
        this.#workers.delete(worker);
        this.letGo.push(this.#now);
      }
      this.#sweep();
    });
  }

  #load(): PoolLoad {
    return {
      waiting: this.#queue.length,
      idleUnbound: this.#of("idle").length,
      others: 0,
      startingMs: this.#of("starting").map(({ bornAt }) => this.#now - bornAt),
      freeInMs: this.#of("busy").map((it) =>
        this.#occupancy.freeInMs(it, this.#now),
      ),
      total: this.#workers.size,
      taskMs: this.#occupancy.taskMs(this.#now),
      spawnMs: this.#setting.spawnMs,
    };
  }
}
