/**
 * Tasks, controls, kills and time, played on a pool of simulated workers; after each step it is
 * looked whether any control was broken, and at the end whether anybody was forgotten.
 */

import type { SessionId, TaskId } from "../../flow-balancer/core/ids.ts";
import type { PoolSettings } from "../../flow-balancer/core/pool-settings.ts";
import { TIERS, type Tier } from "../../flow-balancer/core/tier.ts";
import { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { TierOrder } from "../../flow-balancer/pool/tier-steering.ts";
import type { TierStep } from "./tier-steps.ts";
import type { RunRequest } from "../../flow-balancer/worker/frames.ts";
import { kindOf } from "../model/pool-commands.ts";
import { SETTINGS } from "../model/pool-play.ts";
import { SimulatedFloor } from "../model/simulated-floor.ts";
import type {
  SimulatedRun,
  SimulatedWorker,
} from "../model/simulated-worker.ts";

/** As the worker's tier was told to it, by what it was given and said. */
interface Known {
  session: string | null;
  holds: boolean;
  /** Where what it was given last brings it. */
  comesTo: Tier;
  readonly loaded: Set<string>;
}

/** Everybody who waits is served by then, ms: the longest wait after crashes is 300 s. */
const RECOVERY_MS = 1_000_000;
/** More would be the task's fault, as far as the pool can tell. */
const MAX_KILLS = 2;

export class TierPlay {
  readonly pool: MultiTierPoolManager;
  readonly #floor: SimulatedFloor;
  readonly #known = new Map<SimulatedWorker, Known>();
  readonly #kinds = new Map<
    string,
    { kind: string; status: string | null; permitMs: number | null }
  >();
  readonly #ceiling = new Map<Tier, number>();
  #kills = 0;
  /** Tasks that have a worker, and were not sent to it yet. */
  readonly #asking = new Set<string>();
  #breach: string | null = null;

  constructor(settings: Partial<PoolSettings>) {
    this.#floor = new SimulatedFloor({
      spawnMs: 40,
      loadMs: 20,
      given: (worker, request) => this.#given(worker, request),
      says: (worker, message) => {
        const kind = this.#kindOf(worker, message);
        if (kind !== null) this.#knownOf(worker).loaded.add(kind);
      },
    });
    this.pool = new MultiTierPoolManager(
      this.#floor.options({ ...SETTINGS, maxWaiting: 100, ...settings }),
    );
  }

  async play(all: readonly TierStep[]): Promise<void> {
    this.pool.warm();
    for (const step of all) {
      this.#floor.clock.disturbed();
      this.#do(step);
      await this.#settle();
      if (step.type === "pass") await this.#pass(step.ms);
    }
    await this.#recover();
    void this.pool.close(0);
    await this.#floor.advance(2_000);
  }

  #do(step: TierStep): void {
    if (step.type === "run") this.#run(step);
    else if (step.type === "finish") {
      const [worker, run] = picked(this.#running(), step.pick) ?? [];
      if (worker && run) worker.complete(run, '"done"', 3);
    } else if (step.type === "steer") this.#steer(step.tier, step.order);
    else if (step.type === "kill" && this.#kills < MAX_KILLS) {
      const worker = picked(this.pool.status().workers, step.pick);
      if (worker?.state !== "busy") return;
      this.#kills++;
      this.pool.tiers.kill(worker.id);
    }
  }

  #run({ kind, session, permitMs }: Extract<TierStep, { type: "run" }>): void {
    const id = `task_${this.#kinds.size + 1}` as TaskId;
    const task = { kind, status: null as string | null, permitMs };
    this.#kinds.set(id, task);
    const { done } = this.pool.run({
      id,
      kind: kindOf(kind),
      attempt: 1,
      inputJson: "1",
      session: session as SessionId | null,
      priority: 0,
      timeoutMs: 10_000_000,
      ...(permitMs !== null && { mayStart: () => this.#permit(id, permitMs) }),
    });
    void done.then(({ result }) => {
      if (task.status !== null) this.#fail(`${id} settles twice`);
      task.status = result.status;
    });
  }

  #steer(of: Tier, order: TierOrder): void {
    // Those who are above a lowered limit, or about to be, finish what they run.
    if (order.limit !== undefined) this.#ceiling.set(of, this.#places(of));
    const leaving = this.pool.tiers.steer(of, order);
    if (leaving > 0 && !this.pool.tiers.control(of).draining)
      this.#fail(`${of} is not draining`);
  }

  #given(worker: SimulatedWorker, { taskId, session }: RunRequest): void {
    const known = this.#knownOf(worker);
    const before = tierOf(known);
    if (!known.holds) known.session = session;
    const { kind, permitMs } = this.#kinds.get(taskId) ?? {
      ...{ kind: "", permitMs: null },
    };
    this.#asking.delete(taskId);
    known.holds ||= kind === "script" && session !== null;
    const after = tierOf({
      ...known,
      loaded: new Set([...known.loaded, kind]),
    });
    known.comesTo = after;
    // Paused after it got its worker: it goes on.
    for (const of of permitMs === null ? [before, after] : [])
      if (this.pool.tiers.control(of).paused)
        this.#fail(`${taskId} goes to ${worker.id}: ${of} is paused`);
    if (worker.drainedAt !== null) this.#fail(`${worker.id} was to end`);
  }

  #permit(id: TaskId, ms: number): Promise<boolean> {
    this.#asking.add(id);
    return new Promise((resolve) =>
      this.#floor.clock.timer(ms, () => {
        resolve(true);
        // A turn later it is on its way: that is to be seen before time goes on.
        this.#floor.clock.timer(0, () => {});
      }),
    );
  }

  #kindOf(
    worker: SimulatedWorker,
    message: { readonly type: string; readonly job?: number },
  ): string | null {
    return message.type === "loaded"
      ? (worker.runs.get(message.job ?? -1)?.kind ?? null)
      : null;
  }

  async #settle(): Promise<void> {
    await this.#floor.settle();
    this.#check();
  }

  async #pass(ms: number): Promise<void> {
    await this.#floor.advance(ms);
    await this.#settle();
  }

  #check(): void {
    const { tiers, workers } = this.pool.status();
    for (const of of TIERS) {
      const { limit } = this.pool.tiers.control(of);
      if (limit === null) continue;
      const ceiling = Math.max(limit, this.#ceiling.get(of) ?? 0);
      if (tiers[of] > ceiling) this.#fail(`${tiers[of]} ${of} of ${limit}`);
      this.#ceiling.set(of, Math.min(ceiling, this.#places(of)));
      const isIdle = workers.some(
        ({ state, tier: its }) => state === "idle" && its === of,
      );
      if (tiers[of] > limit && isIdle) this.#fail(`an idle ${of} one stays`);
    }
    if (this.#breach !== null)
      throw new Error(`at ${this.#floor.clock.mono()} ms: ${this.#breach}`);
  }

  /** Of the tier, or on their way to it. */
  #places(of: Tier): number {
    const places = [...this.#floor.workers].filter((worker) => {
      const known = this.#knownOf(worker);
      if (worker.isDead || worker.drainedAt !== null) return false;
      const comes = worker.runs.size > 0 && known.comesTo === of;
      return comes || tierOf(known) === of;
    });
    return places.length + this.#asking.size;
  }

  /** Pauses end, and limits that let nobody in; the others stay. Then everything ends well. */
  async #recover(): Promise<void> {
    for (const of of TIERS) {
      const { limit } = this.pool.tiers.control(of);
      this.#steer(of, { paused: false, ...(limit === 0 && { limit: null }) });
    }
    await this.#settle();
    const end = this.#floor.clock.mono() + RECOVERY_MS;
    const open = () => [...this.#kinds].filter(([, it]) => it.status === null);
    while (open().length > 0) {
      if (this.#floor.clock.mono() > end)
        throw new Error(`${open()[0]?.[0]} never ends`);
      for (const [worker, run] of this.#running())
        worker.complete(run, '"done"', 3);
      await this.#settle();
      await this.#pass(this.#running().length > 0 ? 0 : 50);
    }
    for (const [id, { kind, status }] of this.#kinds)
      if (status !== "completed" && !(kind === "once" && this.#kills > 0))
        throw new Error(`${id} is ${status}`);
    await this.#pass(1_000);
    for (const of of TIERS)
      if (this.pool.tiers.control(of).draining)
        throw new Error(`${of} drains for ever`);
  }

  #running(): [SimulatedWorker, SimulatedRun][] {
    return [...this.#floor.workers]
      .filter(({ isDead }) => !isDead)
      .flatMap((worker) =>
        [...worker.runs.values()]
          .filter(({ phase }) => phase === "running")
          .map((run): [SimulatedWorker, SimulatedRun] => [worker, run]),
      );
  }

  #knownOf(worker: SimulatedWorker): Known {
    let known = this.#known.get(worker);
    if (known === undefined) {
      const loaded = new Set<string>();
      known = { session: null, holds: false, comesTo: "cold", loaded };
      this.#known.set(worker, known);
    }
    return known;
  }

  #fail(what: string): void {
    this.#breach ??= what;
  }
}

const tierOf = ({
  session,
  loaded,
}: Pick<Known, "session" | "loaded">): Tier =>
  session !== null ? "hot" : loaded.size > 0 ? "warm" : "cold";

const picked = <T>(from: readonly T[], pick: number): T | undefined =>
  from[pick % Math.max(1, from.length)];
