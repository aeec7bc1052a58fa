/**
 * Counts what the engine tells. Kept by hand rather than in a metrics library, so that a server nobody
 * scrapes never loads one and counts all the same from its first task; see exposition.ts for the rest.
 */

import { ERROR_RULES } from "../../flow-balancer/core/errors.ts";
import type {
  EngineEvent,
  TaskSettled,
} from "../../flow-balancer/core/events.ts";
import type { Execution } from "../../flow-balancer/core/task.ts";
import { TIERS, type Tier } from "../../flow-balancer/core/tier.ts";
import type { BoundedNames } from "./bounded-names.ts";
import { BucketCounts } from "./bucket-counts.ts";
import { EVENT_METRICS as METRICS } from "./event-metrics.ts";
import { logBounds, logBoundsFromZero } from "./log-bounds.ts";
import { FACT_PARTS, type FactPart } from "./metrics-facts.ts";
import type { Distribution, Family, Histogram, Labels } from "./metric.ts";
import { Tally } from "./tally.ts";

const CLOCKS = ["wait", "start", "run"] as const;
type Clock = (typeof CLOCKS)[number];

/** States worth a 0 before the first of them: alerts are on their rates. */
const USUAL_ENDS = ["completed", "failed", "timed_out"] as const;

/** What a store that takes no writes says. */
const STORE_ERRORS = [
  "STORAGE_BUSY",
  "STORAGE_DAMAGED",
  "STORAGE_FAILED",
  "STORAGE_FULL",
] as const;

const S_PER_MS = 0.001;
/** Seconds. Below it nobody looks; above it the bucket is the last one. */
const FINEST = 10e-6;
const HOUR = 3_600;
/** Added to both sides of a prediction, ms: 0.1 for 0.3 is no error that anybody notices. */
const GRAIN_MS = 1;

/** Limits that come of what was seen. */
const LEARNED: ReadonlySet<string> = new Set(["all_kinds", "kind", "own_runs"]);

const times = (longest: number): BucketCounts =>
  new BucketCounts(logBoundsFromZero(FINEST, longest));

export class MetricsRecorder {
  readonly #kinds: BoundedNames;
  readonly #submitted = new Tally(METRICS.submitted);
  readonly #refused = new Tally(METRICS.refused);
  readonly #settled = new Tally(METRICS.settled);
  readonly #retried = new Tally(METRICS.retried);
  readonly #errors = new Tally(METRICS.errors);
  readonly #tierHits = new Tally(METRICS.tierHits);
  readonly #beyondLimit = new Tally(METRICS.beyondLimit);
  readonly #claimed = new Tally(METRICS.claimed);
  readonly #leasesLost = new Tally(METRICS.leasesLost);
  readonly #leasesExpired = new Tally(METRICS.leasesExpired);
  readonly #rejected = new Tally(METRICS.rejected);
  readonly #workersStarted = new Tally(METRICS.workersStarted);
  readonly #workersExited = new Tally(METRICS.workersExited);
  readonly #startFailures = new Tally(METRICS.startFailures);
  readonly #commitDelays = new Tally(METRICS.commitDelays);
  readonly #refusedWrites = new Tally(METRICS.refusedWrites);
  readonly #died = new Tally(METRICS.died);
  readonly #unread = new Tally(METRICS.unread);
  readonly #wait = times(HOUR);
  readonly #run = times(HOUR);
  readonly #start = perLabel(TIERS, () => times(100));
  readonly #limitRatio = new BucketCounts(logBounds(0.001, 10));
  readonly #prediction = perLabel(
    CLOCKS,
    () => new BucketCounts(logBounds(0.1, 10)),
  );
  readonly #commit = new BucketCounts(logBounds(FINEST, 10));
  // One bound below 1, so that Prometheus does not spread a single write over 0 to 1.
  readonly #commitWrites = new BucketCounts(logBounds(0.96, 1_000));

  /** `known`: kinds of the configuration; `kinds` lets in them and some others. */
  constructor(known: readonly string[], kinds: BoundedNames) {
    this.#kinds = kinds;
    for (const kind of known) {
      this.#submitted.add(0, kind);
      this.#retried.add(0, kind);
      for (const tier of TIERS)
        for (const state of USUAL_ENDS) this.#settled.add(0, kind, tier, state);
    }
    for (const tier of TIERS) this.#tierHits.add(0, tier);
    for (const code of STORE_ERRORS) this.#refusedWrites.add(0, code);
    for (const part of FACT_PARTS) this.#unread.add(0, part);
    for (const how of ["clean", "code", "signal"])
      this.#workersExited.add(0, how);
  }

  record(event: EngineEvent): void {
    switch (event.type) {
      case "task.settled":
        this.#attempt(event);
        return;
      case "task.submitted":
        this.#submitted.add(1, this.#kinds.of(event.kind));
        return;
      case "task.refused":
        this.#refused.add(1, codeOf(event.code));
        return;
      case "store.committed":
        this.#commit.observe(event.ms * S_PER_MS);
        this.#commitWrites.observe(event.writes);
        return;
      case "worker.exited":
        this.#workersExited.add(1, howOf(event.exitCode));
        return;
      default:
        this.#rare(event);
    }
  }

  /** Something that could not be read for a scrape, or counted. */
  unread(what: FactPart): void {
    this.#unread.add(1, what);
  }

  families(): Family[] {
    const tallies = [
      this.#submitted,
      this.#refused,
      this.#settled,
      this.#retried,
      this.#errors,
      this.#tierHits,
      this.#beyondLimit,
      this.#claimed,
      this.#leasesLost,
      this.#leasesExpired,
      this.#rejected,
      this.#workersStarted,
      this.#workersExited,
      this.#startFailures,
      this.#commitDelays,
      this.#refusedWrites,
      this.#died,
      this.#unread,
    ];
    return [
      ...tallies.map((tally) => tally.family()),
      alone(METRICS.wait, this.#wait),
      each(METRICS.start, "tier", this.#start),
      alone(METRICS.run, this.#run),
      alone(METRICS.limitRatio, this.#limitRatio),
      each(METRICS.prediction, "clock", this.#prediction),
      alone(METRICS.commit, this.#commit),
      alone(METRICS.commitWrites, this.#commitWrites),
    ];
  }

  #rare(event: EngineEvent): void {
    switch (event.type) {
      case "task.claimed":
        return this.#claimed.add(event.n);
      case "lease.lost":
        return this.#leasesLost.add(event.n);
      case "lease.expired":
        return this.#leasesExpired.add(event.n);
      case "fence.rejected":
        return this.#rejected.add(1);
      case "worker.started":
        return this.#workersStarted.add(1);
      case "worker.start_failed":
        return this.#startFailures.add(1);
      case "store.delayed":
        return this.#commitDelays.add(1);
      case "store.refused":
        return this.#refusedWrites.add(event.writes, codeOf(event.code));
      case "instance.died":
        return this.#died.add(1);
    }
  }

  #attempt(event: TaskSettled): void {
    const { execution, state, again, code } = event;
    const kind = this.#kinds.of(event.kind);
    if (again) this.#retried.add(1, kind);
    else this.#settled.add(1, kind, execution?.tier ?? "none", state);
    if (code !== null) this.#errors.add(1, codeOf(code));
    if (execution !== null) this.#ran(event, execution);
  }

  #ran(
    { state, limitMs, limitBasis }: TaskSettled,
    { tier, waitMs, startMs, runMs, decision }: Execution,
  ): void {
    this.#tierHits.add(1, tier);
    this.#wait.observe(waitMs * S_PER_MS);
    this.#start[tier].observe(startMs * S_PER_MS);
    this.#run.observe(runMs * S_PER_MS);
    if (state !== "completed") return;
    if (limitMs !== null && limitBasis !== null && LEARNED.has(limitBasis)) {
      this.#limitRatio.observe(runMs / limitMs);
      if (runMs > limitMs) this.#beyondLimit.add(1);
    }
    if (decision === null || decision === undefined) return;
    const { predicted } = decision;
    this.#foretold("wait", predicted.waitMs, waitMs);
    this.#foretold("start", predicted.startMs, startMs);
    this.#foretold("run", predicted.runMs, runMs);
  }

  #foretold(clock: Clock, predictedMs: number, actualMs: number): void {
    this.#prediction[clock].observe(
      (predictedMs + GRAIN_MS) / (actualMs + GRAIN_MS),
    );
  }
}

/** A worker is not trusted to know only codes there are. */
const codeOf = (code: string): string =>
  Object.hasOwn(ERROR_RULES, code) ? code : "other";

const howOf = (exitCode: number | null): string => {
  if (exitCode === null) return "signal";
  return exitCode === 0 ? "clean" : "code";
};

const perLabel = <Name extends string>(
  names: readonly Name[],
  make: () => BucketCounts,
): Readonly<Record<Name, BucketCounts>> =>
  Object.fromEntries(names.map((name) => [name, make()])) as Record<
    Name,
    BucketCounts
  >;

const distribution = (labels: Labels, counts: BucketCounts): Distribution => ({
  labels,
  bounds: counts.bounds,
  cumulative: counts.cumulative(),
  sum: counts.sum,
});

const alone = (metric: Histogram, counts: BucketCounts): Family => ({
  metric,
  distributions: [distribution({}, counts)],
});

const each = (
  metric: Histogram,
  label: "clock" | "tier",
  counts: Readonly<Record<Clock, BucketCounts> | Record<Tier, BucketCounts>>,
): Family => ({
  metric,
  distributions: Object.entries(counts).map(([name, one]) =>
    distribution({ [label]: name }, one),
  ),
});
