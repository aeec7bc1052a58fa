/**
 * What the pool has learned of times: how long a process takes to start, a kind to load, and a
 * task of a kind to run, by tier. Feeds choice and admission. An observation costs O(1), a
 * question a look-up; a bounded number of kinds is remembered.
 */

import type { ErrorSummary } from "../core/pool-status.ts";
import type { TerminalState, Timing } from "../core/task.ts";
import { TIERS, type Tier } from "../core/tier.ts";
import { DecayedLog } from "./decayed-log.ts";
import { PredictionError } from "./prediction-error.ts";
import { RunTimes } from "./run-times.ts";

/** Assumed while nothing was seen, ms. */
const PRIOR = { spawnMs: 40, loadMs: 50, runMs: 100 } as const;
/** Kinds remembered; the one not observed for the longest goes first. */
const MAX_KINDS = 1_000;
/** The newest counts for so much of the mean. */
const OVERHEAD_RATE = 1 / 64;
/** One hiccup of the machine says nothing of the next task. */
const MAX_OVERHEAD_MS = 50;
/** So many runs in a tier count as much as what is known of the other tiers. */
const TIER_PRIOR = 8;
/** Percentiles of an exponential distribution, in means: what is assumed of an unknown spread. */
const EXPONENTIAL = { low: 0.1, high: 2.3, last: 4.6 } as const;

/** How one attempt went: an `Execution` with its kind and outcome. */
export interface Observation {
  readonly kind: string;
  readonly tier: Tier;
  /** 0 if the kind was loaded before. */
  readonly startMs: number;
  readonly runMs: number;
  readonly status: TerminalState;
}

/** What to expect of a task, ms. */
export interface Expectation {
  /** Loading the kind where the tier does not have it; 0 where it has. */
  readonly startMs: number;
  /** The mean, since queues add up. */
  readonly runMs: number;
  /** About the 10th, 90th and 99th percentile; wider while few runs are known. */
  readonly runLowMs: number;
  readonly runHighMs: number;
  readonly runLastMs: number;
  readonly runVarianceMs2: number;
  /** Runs of the kind behind it; 0: a guess. */
  readonly n: number;
}

class KindTimes {
  readonly runs = new RunTimes();
  readonly load = new DecayedLog();
  readonly byTier: Record<Tier, DecayedLog> = {
    hot: new DecayedLog(),
    warm: new DecayedLog(),
    cold: new DecayedLog(),
  };
  readonly anyTier = new DecayedLog();
  /** Answers given since the last observation. */
  readonly expected: Record<Tier, Expectation | null> = {
    hot: null,
    warm: null,
    cold: null,
  };
}

export class Estimates {
  /** Least recently observed first. */
  readonly #kinds = new Map<string, KindTimes>();
  readonly #all = new RunTimes();
  readonly #load = new DecayedLog();
  readonly #spawn = new DecayedLog();
  #overheadMs = 0;
  #overheads = 0;
  /** The answers for a kind that was never seen. */
  readonly #unknown = new KindTimes();
  readonly #errors: Readonly<Record<keyof Timing, PredictionError>> = {
    waitMs: new PredictionError(),
    startMs: new PredictionError(),
    runMs: new PredictionError(),
  };

  /** From the start of a process until it can take a task, ms. */
  get spawnMs(): number {
    return this.#spawn.n === 0 ? PRIOR.spawnMs : this.#spawn.typicalMs;
  }

  /** Of all kinds together, ms. */
  get meanRunMs(): number {
    return this.#all.isEmpty ? PRIOR.runMs : this.#all.meanMs;
  }

  /** What a run of any kind has left when it is looked at at some moment, on average, ms. */
  get residualMs(): number {
    return this.#all.isEmpty ? PRIOR.runMs : this.#all.residualMs;
  }

  get kinds(): number {
    return this.#kinds.size;
  }

  /** What a task keeps its worker busy beside its own time, on average: the ways there and back, ms. */
  get overheadMs(): number {
    return this.#overheadMs;
  }

  observeOverhead(ms: number): void {
    this.#overheads++;
    const rate = Math.max(OVERHEAD_RATE, 1 / this.#overheads);
    const seen = Math.min(Math.max(0, ms), MAX_OVERHEAD_MS);
    this.#overheadMs += rate * (seen - this.#overheadMs);
  }

  observeSpawn(ms: number): void {
    this.#spawn.observe(ms);
  }

  /** A timeout says "longer than this" and never lowers an estimate; of what failed or was cancelled only the loading counts. */
  observe({ kind, tier, startMs, runMs, status }: Observation): void {
    const times = this.#remembered(kind);
    if (startMs > 0) {
      times.load.observe(startMs);
      this.#load.observe(startMs);
    }
    if (status === "completed") {
      times.runs.ended(runMs);
      times.byTier[tier].observe(runMs);
      times.anyTier.observe(runMs);
      this.#all.ended(runMs);
    } else if (status === "timed_out") {
      times.runs.cutOff(runMs, this.meanRunMs);
      this.#all.cutOff(runMs, PRIOR.runMs);
    }
    for (const each of TIERS) {
      times.expected[each] = null;
      this.#unknown.expected[each] = null;
    }
  }

  expect(kind: string, tier: Tier): Expectation {
    const times = this.#kinds.get(kind) ?? this.#unknown;
    return (times.expected[tier] ??= this.#expectation(kind, tier, times));
  }

  /** Loading the kind into a process that has not got it, ms; null: any kind. */
  loadMs(kind: string | null): number {
    const own = kind === null ? undefined : this.#kinds.get(kind)?.load;
    if (own !== undefined && own.n > 0) return own.typicalMs;
    return this.#load.n > 0 ? this.#load.typicalMs : PRIOR.loadMs;
  }

  /** What a task of the kind that has run for `elapsedMs` has left, on average, ms. */
  remainingMs(kind: string, elapsedMs: number): number {
    const own = this.#kinds.get(kind)?.runs;
    const runs = own === undefined || own.isEmpty ? this.#all : own;
    return runs.isEmpty ? PRIOR.runMs : runs.remainingMs(elapsedMs);
  }

  observePrediction(predicted: Timing, actual: Timing): void {
    this.#errors.waitMs.observe(predicted.waitMs, actual.waitMs);
    this.#errors.startMs.observe(predicted.startMs, actual.startMs);
    this.#errors.runMs.observe(predicted.runMs, actual.runMs);
  }

  /** Of the three clocks, over the newest predictions. */
  predictionErrors(): Readonly<Record<keyof Timing, ErrorSummary>> {
    return {
      waitMs: this.#errors.waitMs.summary(),
      startMs: this.#errors.startMs.summary(),
      runMs: this.#errors.runMs.summary(),
    };
  }

  #remembered(kind: string): KindTimes {
    const known = this.#kinds.get(kind) ?? new KindTimes();
    this.#kinds.delete(kind);
    this.#kinds.set(kind, known);
    if (this.#kinds.size > MAX_KINDS)
      for (const oldest of this.#kinds.keys()) {
        this.#kinds.delete(oldest);
        break;
      }
    return known;
  }

  #expectation(kind: string, tier: Tier, times: KindTimes): Expectation {
    const startMs = tier === "cold" ? this.loadMs(kind) : 0;
    const own = times.runs;
    const runs = own.isEmpty ? this.#all : own;
    if (runs.isEmpty)
      return {
        startMs,
        runMs: PRIOR.runMs,
        runLowMs: PRIOR.runMs * EXPONENTIAL.low,
        runHighMs: PRIOR.runMs * EXPONENTIAL.high,
        runLastMs: PRIOR.runMs * EXPONENTIAL.last,
        runVarianceMs2: PRIOR.runMs ** 2,
        n: 0,
      };
    const factor = tierFactor(times, tier);
    const runMs = runs.meanMs * factor;
    const { lowMs, highMs, lastMs } = runs.quantiles;
    // Few runs do not show a spread: that of an exponential distribution fades as 1/sqrt(n).
    const unsure = runMs / Math.sqrt(Math.max(1, own.n));
    return {
      startMs,
      runMs,
      runLowMs: Math.min(
        lowMs * factor,
        runMs - unsure * (1 - EXPONENTIAL.low),
      ),
      runHighMs: Math.max(
        highMs * factor,
        runMs + unsure * (EXPONENTIAL.high - 1),
      ),
      runLastMs: Math.max(
        lastMs * factor,
        runMs + unsure * (EXPONENTIAL.last - 1),
      ),
      runVarianceMs2: Math.max(runs.varianceMs2 * factor ** 2, unsure ** 2),
      n: own.n,
    };
  }
}

/** How a tier's run times differ from the kind's: by what was seen there, as far as it is enough. */
function tierFactor({ byTier, anyTier }: KindTimes, tier: Tier): number {
  const own = byTier[tier];
  return own.n === 0
    ? 1
    : (own.typicalMs / anyTier.typicalMs) ** (own.n / (own.n + TIER_PRIOR));
}
