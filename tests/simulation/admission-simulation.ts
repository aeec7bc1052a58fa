/**
 * The pool's admission, queue and estimates under load, without processes: a deterministic
 * discrete-event simulation with seeded chance. Servers are identical and start at once; the
 * estimates begin with nothing and learn from what ends, as in the pool.
 *
 * A refused job leaves a ghost in its place in the queue: it costs nothing, and when its turn comes
 * it tells how long the job would have waited.
 */

import { admit, type Admission } from "../../flow-balancer/pool/admission.ts";
import { Estimates } from "../../flow-balancer/pool/estimates.ts";
import { HeapEntry, MinHeap } from "../../flow-balancer/pool/min-heap.ts";
import { WaitQueue } from "../../flow-balancer/pool/wait-queue.ts";
import { SeededChance } from "./seeded-chance.ts";

export interface Scenario {
  readonly seed: number;
  readonly servers: number;
  readonly jobs: number;
  /** Work offered, as a share of what the servers can do. */
  readonly load: number;
  readonly arrivals: "poisson" | "bursts";
  readonly runs: "constant" | "exponential" | "bimodal";
  readonly meanRunMs: number;
  readonly deadlineMs: number;
  readonly sessions: number;
  readonly priorities: readonly number[];
}

export interface Outcome {
  readonly admitted: number;
  readonly refused: number;
  /** Of the admitted, the share that ended by its deadline. */
  readonly kept: number;
  /** Work that ended by its deadline, as a share of what could be done: the lesser of what was offered and what the servers can. */
  readonly goodput: number;
  /** Of the refused, the share whose predicted wait was within twice the wait they would have had. */
  readonly refusalsWithinTwice: number;
}

interface SimJob {
  readonly runMs: number;
  readonly submittedAt: number;
  readonly deadlineAt: number;
  /** Of a ghost: the wait it was refused with. */
  readonly predictedWaitMs: number | null;
  startedAt: number;
}

/** A job that ends, or null: the next arrival. */
type SimEvent = SimJob | null;

const KIND = "job";
const BURST = 20;

export function simulateAdmission(scenario: Scenario): Outcome {
  return new Simulation(scenario).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #chance: SeededChance;
  readonly #estimates = new Estimates();
  readonly #queue: WaitQueue<SimJob>;
  readonly #events = new MinHeap<SimEvent>();
  readonly #running = new Set<SimJob>();
  /** Of the newest that was admitted. */
  #startWithinMs = 0;
  #serial = 0;
  #now = 0;
  #arrived = 0;
  #ghosts = 0;
  #admitted = 0;
  #kept = 0;
  #usefulMs = 0;
  #offeredMs = 0;
  readonly #ratios: number[] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#chance = new SeededChance(scenario.seed);
    this.#queue = new WaitQueue(scenario.servers);
  }

  run(): Outcome {
    this.#at(0, null);
    for (;;) {
      const next = this.#events.peek();
      if (next === undefined) break;
      this.#events.remove(next);
      this.#now = next.key;
      if (next.item === null) this.#arrivals();
      else this.#end(next.item);
      this.#serve();
    }
    const { servers, jobs } = this.#scenario;
    const near = this.#ratios.filter((ratio) => ratio <= 2).length;
    return {
      admitted: this.#admitted,
      refused: jobs - this.#admitted,
      kept: this.#kept / this.#admitted,
      goodput: this.#usefulMs / Math.min(this.#offeredMs, servers * this.#now),
      refusalsWithinTwice: near / this.#ratios.length,
    };
  }

  #at(at: number, event: SimEvent): void {
    this.#events.put(new HeapEntry<SimEvent>(event), at, this.#serial++);
  }

  #arrivals(): void {
    const { arrivals, jobs, servers, load, meanRunMs } = this.#scenario;
    const burst = arrivals === "bursts" ? BURST : 1;
    for (let i = 0; i < burst && this.#arrived < jobs; i++) this.#submit();
    const gapMs = (burst * meanRunMs) / (servers * load);
    if (this.#arrived < jobs)
      this.#at(this.#now + this.#chance.exponential(gapMs), null);
  }

  #submit(): void {
    this.#arrived++;
    const { sessions, priorities, deadlineMs } = this.#scenario;
    const session = `s${this.#chance.below(sessions)}`;
    const priority = priorities[this.#chance.below(priorities.length)] ?? 0;
    const runMs = this.#runMs();
    this.#offeredMs += runMs;
    const verdict = this.#admit(priority, session);
    const refused = verdict.type === "refuse";
    const expected = this.#estimates.expect(KIND, "warm");
    const deadlineAt = this.#now + deadlineMs;
    if (refused) this.#ghosts++;
    else {
      this.#admitted++;
      this.#startWithinMs = verdict.startWithinMs;
    }
    this.#queue.enqueue({
      job: {
        runMs,
        submittedAt: this.#now,
        deadlineAt,
        predictedWaitMs: refused ? verdict.predictedWaitMs : null,
        startedAt: 0,
      },
      kind: KIND,
      session,
      priority,
      costMs: refused ? 0 : expected.runMs,
      varianceMs2: refused ? 0 : expected.runVarianceMs2,
      enqueuedAt: this.#now,
      // A ghost keeps the place it would have among the deadlines.
      latestStartAt: this.#now + this.#startWithinMs,
      hopelessAt: refused ? Infinity : deadlineAt - expected.runLowMs,
    });
    // A free server takes it before the next of a burst is looked at.
    this.#serve();
  }

  #admit(priority: number, session: string): Admission {
    const { deadlineMs } = this.#scenario;
    const expected = this.#estimates.expect(KIND, "warm");
    return admit({
      deadlineMs,
      expected,
      backlog: this.#queue.backlog(
        priority,
        session,
        expected.runMs,
        this.#now,
      ),
      load: {
        freeInMs: this.#freeInMs(),
        residualMs: this.#estimates.residualMs,
      },
      demand: (startWithinMs) =>
        this.#queue.demand(priority, this.#now + startWithinMs, this.#now),
      ofKind: null,
      waiting: this.#queue.size - this.#ghosts,
      maxWaiting: 10_000,
    });
  }

  #serve(): void {
    for (
      let lost = this.#queue.expired(this.#now);
      lost !== null;
      lost = this.#queue.expired(this.#now)
    );
    while (this.#running.size < this.#scenario.servers) {
      const lookAheadMs = this.#lookAheadMs();
      const node = this.#queue.next(this.#now, lookAheadMs);
      if (node === null) return;
      this.#queue.take(node, this.#now);
      const { job } = node.waiting;
      if (job.predictedWaitMs !== null) {
        this.#ghosts--;
        const wouldHaveMs = this.#now - job.submittedAt;
        this.#ratios.push(
          Math.max(
            job.predictedWaitMs / wouldHaveMs,
            wouldHaveMs / job.predictedWaitMs,
          ),
        );
        continue;
      }
      job.startedAt = this.#now;
      this.#running.add(job);
      this.#at(this.#now + job.runMs, job);
    }
  }

  #freeInMs(): number[] {
    const freeInMs: number[] = [];
    for (const { startedAt } of this.#running)
      freeInMs.push(this.#estimates.remainingMs(KIND, this.#now - startedAt));
    while (freeInMs.length < this.#scenario.servers) freeInMs.push(0);
    return freeInMs;
  }

  /** What runs must be done first, and one more job that has no deadline. */
  #lookAheadMs(): number {
    let workMs = this.#estimates.meanRunMs;
    for (const ms of this.#freeInMs()) workMs += ms;
    return workMs / this.#scenario.servers;
  }

  #end(job: SimJob): void {
    this.#running.delete(job);
    this.#estimates.observe({
      kind: KIND,
      tier: "warm",
      startMs: 0,
      runMs: job.runMs,
      status: "completed",
    });
    if (this.#now > job.deadlineAt) return;
    this.#kept++;
    this.#usefulMs += job.runMs;
  }

  #runMs(): number {
    const { runs, meanRunMs } = this.#scenario;
    if (runs === "constant") return meanRunMs;
    if (runs === "exponential") return this.#chance.exponential(meanRunMs);
    // Nine of ten take a third of the mean, the tenth seven times the mean.
    return this.#chance.next() < 0.9 ? meanRunMs / 3 : meanRunMs * 7;
  }
}
