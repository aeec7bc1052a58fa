/**
 * One simulated server: it takes tasks, runs them for a while and settles them, sweeps, and takes from
 * servers that seem dead what they had. It crashes, and stops for hours and goes on as if nothing had
 * been. What it knows is lost with a crash; what it had planned waits out a pause.
 */

import { wireError } from "../../flow-balancer/core/errors.ts";
import { holderId, type HolderId } from "../../flow-balancer/core/ids.ts";
import type {
  Claimed,
  Lease,
  Settlement,
  TaskQueue,
  Terms,
} from "../../flow-balancer/core/queue.ts";
import type { QueueChecks } from "./queue-checks.ts";
import type { World, WorldEnv } from "./queue-world.ts";

/** How often it looks after things, on average, ms; longer than DEAD_MS now and then. */
const TICK_MS = 15_000;
const RUN_MS = 12_000;
/** Without a sign of life for so long, it is taken for dead. */
const DEAD_MS = 60_000;
const LEASE_MS = 30_000;
const BEAT_MS = 10_000;
const SLOTS = 2;

/** What all servers of one machine see of each other. */
export interface Machine {
  readonly world: World;
  readonly checks: QueueChecks;
  /** When each holder last gave a sign of life. */
  readonly beats: Map<HolderId, number>;
  /** False once there is nothing left to be done. */
  isBusy(): boolean;
  /** Faults stop at some time, so that it can be seen that all comes to an end. */
  mayFail(): boolean;
  readonly faults: { crashes: number; pauses: number; jumps: number };
}

export class SimulatedInstance {
  readonly #machine: Machine;
  readonly #queue: TaskQueue;
  readonly #env: WorldEnv;
  readonly #name: string;
  /** Holds under leases that run out, as a script would; else for as long as it lives. */
  readonly #leaseMs: number | null;
  /** Grows with each crash: what an earlier life had planned is dropped. */
  #life = 0;
  #isUp = false;
  #pausedUntil = 0;
  #running = 0;

  constructor(
    machine: Machine,
    queue: TaskQueue,
    env: WorldEnv,
    name: string,
    isLeased: boolean,
  ) {
    this.#machine = machine;
    this.#queue = queue;
    this.#env = env;
    this.#name = name;
    this.#leaseMs = isLeased ? LEASE_MS : null;
  }

  get holder(): HolderId {
    return holderId(`${this.#name}.${this.#life}`);
  }

  get canBeReached(): boolean {
    return this.#isUp && this.#pausedUntil <= this.#machine.world.time;
  }

  begin(): void {
    this.#life = 0;
    this.#pausedUntil = 0;
    this.#env.skewMs = 0;
    this.#start();
  }

  /** Records a task on behalf of a client; null: it never heard what became of it. */
  async submit(
    ask: Parameters<TaskQueue["record"]>[0],
    terms: Terms,
    isHeld: boolean,
  ) {
    const life = this.#life;
    const recorded = await this.#queue.record(ask, {
      ...terms,
      holder: isHeld && this.#leaseMs === null ? this.holder : null,
    });
    if (terms.runsOnce) this.#machine.checks.once(recorded.task.id);
    if (recorded.isNew && recorded.lease !== null) {
      this.#machine.checks.handedOut(recorded.lease);
      this.#machine.beats.set(this.holder, this.#machine.world.time);
      this.#run(recorded.lease);
    }
    this.#mayCrash(0.05);
    return life === this.#life ? recorded.task : null;
  }

  cancel(id: Lease["id"]) {
    return this.#queue.cancel(id, wireError("CANCELLED", "not wanted"));
  }

  redrive(id: Lease["id"]) {
    return this.#queue.redrive(id);
  }

  counts() {
    return this.#queue.counts();
  }

  /** kill -9: nothing it had in mind happens. Another one takes its place. */
  crash(): void {
    const { world, faults } = this.#machine;
    if (!this.#isUp) return;
    faults.crashes += 1;
    world.note(`${this.holder} crashes`);
    this.#isUp = false;
    this.#life += 1;
    world.in(
      world.chance.exponential(30_000),
      `${this.#name} restarts`,
      async () => this.#start(),
    );
  }

  /** SIGSTOP, or a lid that is closed: for up to 12 hours, mostly less. */
  pause(): void {
    const { world, faults } = this.#machine;
    faults.pauses += 1;
    const ms = world.chance.below(4) === 0 ? 12 * 3_600_000 : 300_000;
    this.#pausedUntil = world.time + world.chance.below(ms);
    world.note(`${this.holder} stops until ${this.#pausedUntil}`);
  }

  /** Somebody sets its wall clock. */
  jump(): void {
    const { world, faults } = this.#machine;
    faults.jumps += 1;
    this.#env.skewMs = (world.chance.next() - 0.5) * 2 * 86_400_000 * 365;
    world.note(`${this.holder} has a clock that is off by ${this.#env.skewMs}`);
  }

  #start(): void {
    this.#isUp = true;
    this.#running = 0;
    this.#pausedUntil = 0;
    this.#in(
      this.#machine.world.chance.below(5_000),
      "looks after things",
      () => this.#tick(),
    );
  }

  /** Unless it crashes first, and not while it is paused. */
  #in(ms: number, what: string, run: () => Promise<void>): void {
    const { world } = this.#machine;
    const life = this.#life;
    const attempt = async (): Promise<void> => {
      if (life !== this.#life) return;
      if (this.#pausedUntil > world.time)
        world.in(this.#pausedUntil - world.time, "wakes", attempt);
      else await run();
    };
    world.in(ms, `${this.holder} ${what}`, attempt);
  }

  /** Between one step that is on disk and the next: what the last one answered is never heard. */
  #mayCrash(share: number): void {
    if (this.#machine.mayFail() && this.#machine.world.chance.next() < share)
      this.crash();
  }

  async #tick(): Promise<void> {
    const { world, beats } = this.#machine;
    const life = this.#life;
    beats.set(this.holder, world.time);
    await this.#queue.sweep();
    for (const [holder, at] of beats) {
      if (holder === this.holder || world.time - at < DEAD_MS) continue;
      beats.delete(holder);
      await this.#queue.reclaim(holder, { abandon: true });
    }
    if (this.#running < SLOTS) {
      const claimed = await this.#queue.claim({
        queue: "pool",
        holder: this.holder,
        max: SLOTS - this.#running,
        leaseMs: this.#leaseMs,
      });
      for (const one of claimed) this.#machine.checks.handedOut(one.lease);
      this.#mayCrash(0.03);
      if (life !== this.#life) return;
      for (const one of claimed) this.#took(one);
    }
    if (this.#machine.isBusy())
      this.#in(world.chance.exponential(TICK_MS), "looks after things", () =>
        this.#tick(),
      );
  }

  #took({ lease }: Claimed): void {
    if (this.#leaseMs !== null)
      this.#in(BEAT_MS, `extends ${lease.id}`, () => this.#beat(lease));
    this.#run(lease);
  }

  #run(lease: Lease): void {
    const { world } = this.#machine;
    this.#running += 1;
    this.#in(world.chance.below(1_000), `starts ${lease.id}`, async () => {
      const life = this.#life;
      // With a lease it was started by the claim.
      const isMine =
        this.#leaseMs !== null || (await this.#queue.started(lease));
      this.#mayCrash(0.03);
      if (life !== this.#life) return;
      if (!isMine) {
        this.#running -= 1;
        return;
      }
      // What it does to the world it does at once, or not before the end.
      const isEarly = world.chance.below(2) === 0;
      if (isEarly) this.#machine.checks.effect(lease.id);
      this.#in(world.chance.exponential(RUN_MS), `ends ${lease.id}`, () =>
        this.#end(lease, !isEarly),
      );
    });
  }

  async #beat(lease: Lease): Promise<void> {
    const [hold] = await this.#queue.extend([lease], LEASE_MS);
    // A script that does not listen goes on: that is what fences are for.
    if (hold === "held" && this.#running > 0)
      this.#in(BEAT_MS, `extends ${lease.id}`, () => this.#beat(lease));
  }

  async #end(lease: Lease, hasEffect: boolean): Promise<void> {
    const { world, checks } = this.#machine;
    if (hasEffect) checks.effect(lease.id);
    this.#running -= 1;
    const valueJson = `"${this.holder}/${lease.fence}"`;
    const hasFailed = world.chance.below(4) === 0;
    const settlement: Settlement = {
      result: hasFailed
        ? {
            status: "failed",
            error: wireError("TASK_THREW", "it threw"),
            valueJson,
          }
        : { status: "completed", valueJson },
      execution: null,
      startedAt: null,
      output: null,
    };
    // Whoever must not do a thing twice does not ask for another try either.
    if (hasFailed && !checks.isOnce(lease.id)) {
      const { accepted, again } = await this.#queue.retry(lease, settlement);
      checks.answered(lease, valueJson, accepted, again);
    } else {
      const { accepted } = await this.#queue.settle(lease, settlement);
      checks.answered(lease, valueJson, accepted, false);
    }
    this.#mayCrash(0.03);
  }
}
