/** Reads the facts of one scrape into families. What cannot be read is left out and said so; the rest of the scrape is none the worse. */

import type { Env } from "../../flow-balancer/core/ports.ts";
import type { WorkerState } from "../../flow-balancer/core/pool-status.ts";
import { TIERS } from "../../flow-balancer/core/tier.ts";
import type { BoundedNames } from "./bounded-names.ts";
import { EventLoopDelay } from "./event-loop-delay.ts";
import { FACT_METRICS as METRICS } from "./fact-metrics.ts";
import type { Counter, Family, Gauge, Labels } from "./metric.ts";
import type {
  DiskFacts,
  FactPart,
  LearnedDeadline,
  MetricsFacts,
} from "./metrics-facts.ts";
import { ownProcess } from "./own-process.ts";
import { Slots } from "./slots.ts";

const WORKER_STATES: readonly WorkerState[] = [
  "starting",
  "idle",
  "busy",
  "retiring",
];
const S_PER_MS = 0.001;

export interface FactOptions {
  readonly env: Env;
  readonly facts: () => MetricsFacts;
  readonly kinds: BoundedNames;
  /** Told what could not be read. */
  readonly unread: (what: FactPart) => void;
}

export class FactFamilies {
  readonly #options: FactOptions;
  readonly #delay: EventLoopDelay;
  readonly #slots = new Slots();

  constructor(options: FactOptions) {
    this.#options = options;
    this.#delay = new EventLoopDelay(options.env);
  }

  /** Never rejects. */
  async read(): Promise<Family[]> {
    const facts = this.#options.facts();
    const parts = await Promise.all([
      this.#read("version", () => build(facts.version())),
      this.#read("pool", async () => this.#pool(facts)),
      this.#read("home", () => this.#home(facts)),
      this.#read("disk", () => disk(facts.disk())),
      this.#read("deadlines", async () =>
        this.#deadlines(await facts.deadlines()),
      ),
      this.#read("process", () => this.#process()),
    ]);
    return parts.flat();
  }

  /** Ends what it measures by itself. */
  stop(): void {
    this.#delay.stop();
  }

  async #read(
    what: FactPart,
    read: () => readonly Family[] | Promise<readonly Family[]>,
  ): Promise<readonly Family[]> {
    try {
      return await read();
    } catch {
      this.#options.unread(what);
      return [];
    }
  }

  async #pool(facts: MetricsFacts): Promise<Family[]> {
    const { maxWorkers, configuredWorkers, waiting, busy, workers } =
      facts.pool();
    const slots = this.#slots.of(workers.map(({ id }) => id));
    const memory = await facts.memoryOf(workers.map(({ pid }) => pid));
    const slotted = (values: readonly (number | null)[]) =>
      values.flatMap((value, at) =>
        value === null ? [] : [{ labels: { slot: String(slots[at]) }, value }],
      );
    return [
      many(
        METRICS.workers,
        TIERS.flatMap((tier) =>
          WORKER_STATES.map((state) => ({
            labels: { tier, state },
            value: workers.filter(
              (it) => it.tier === tier && it.state === state,
            ).length,
          })),
        ),
      ),
      one(METRICS.maxWorkers, maxWorkers),
      one(METRICS.configuredWorkers, configuredWorkers),
      one(METRICS.waiting, waiting),
      one(METRICS.utilisation, Math.min(1, busy / maxWorkers)),
      many(
        METRICS.workerMemory,
        slotted(workers.map(({ pid }) => memory.get(pid) ?? null)),
      ),
      many(
        METRICS.workerTasks,
        slotted(workers.map(({ tasksInFlight }) => tasksInFlight)),
      ),
    ];
  }

  async #home(facts: MetricsFacts): Promise<Family[]> {
    const home = await facts.home();
    const { tasks, waiting, oldestMs, instances, lastBeat } = home;
    return [
      many(
        METRICS.homeTasks,
        Object.entries(tasks).map(([state, value]) => ({
          labels: { state },
          value,
        })),
      ),
      one(METRICS.queueDepth, waiting),
      one(METRICS.oldest, (oldestMs ?? 0) * S_PER_MS),
      one(METRICS.instances, instances),
      one(METRICS.lastBeat, lastBeat.ageMs * S_PER_MS),
      one(METRICS.failingSteps, lastBeat.failing.length),
    ];
  }

  /** Of a kind that has no name of its own here nothing is said: limits cannot be added up. */
  #deadlines(all: readonly LearnedDeadline[]): Family[] {
    const named = all.filter(
      ({ kind }) => this.#options.kinds.of(kind) === kind,
    );
    return [
      many(
        METRICS.limit,
        named.flatMap(({ kind, softMs, maxMs }) => [
          { labels: { kind, limit: "soft" }, value: softMs * S_PER_MS },
          { labels: { kind, limit: "max" }, value: maxMs * S_PER_MS },
        ]),
      ),
      many(
        METRICS.remembered,
        named.map(({ kind, remembered: value }) => ({
          labels: { kind },
          value,
        })),
      ),
      many(
        METRICS.wouldKill,
        named.map(({ kind, wouldKill: value }) => ({
          labels: { kind },
          value,
        })),
      ),
    ];
  }

  async #process(): Promise<Family[]> {
    const own = await ownProcess();
    const delay = this.#delay.read();
    const stats =
      delay === null
        ? []
        : ([
            ["p50", delay.p50],
            ["p99", delay.p99],
            ["max", delay.max],
          ] as const);
    return [
      one(METRICS.residentBytes, own.residentBytes),
      one(METRICS.heapBytes, own.heapBytes),
      many(METRICS.cpu, [
        { labels: { mode: "user" }, value: own.userSeconds },
        { labels: { mode: "system" }, value: own.systemSeconds },
      ]),
      ...(own.openFiles === null
        ? []
        : [one(METRICS.openFiles, own.openFiles)]),
      one(METRICS.startedAt, own.startedAt),
      many(
        METRICS.loopDelay,
        stats.map(([stat, ms]) => ({
          labels: { stat },
          value: ms * S_PER_MS,
        })),
      ),
    ];
  }
}

const disk = ({ database, wal, free }: DiskFacts): Family[] => [
  one(METRICS.databaseBytes, database),
  one(METRICS.walBytes, wal),
  one(METRICS.freeBytes, free),
];

const build = (version: string): Family[] => [
  many(METRICS.build, [{ labels: { version, bun: Bun.version }, value: 1 }]),
];

const one = (metric: Counter | Gauge, value: number): Family =>
  many(metric, [{ labels: {}, value }]);

const many = (
  metric: Counter | Gauge,
  values: readonly { readonly labels: Labels; readonly value: number }[],
): Family => ({ metric, values });
