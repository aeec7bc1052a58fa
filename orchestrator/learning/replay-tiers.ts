/**
 * The keep-warm and eviction rules on a recorded trace, beside the simple ones. Everything is
 * counted by the simulators from the trace; nothing here is an estimate but where a curve is read
 * between two of its points.
 */

import {
  greedyDual,
  learnedEviction,
  leastRecentlyUsed,
} from "./eviction-baselines.ts";
import { simulateEviction } from "./eviction-simulator.ts";
import { hybridHistogramPolicy } from "./hybrid-histogram.ts";
import {
  atEqualMemory,
  type CurvePoint,
  fixedCurve,
} from "./keep-warm-curve.ts";
import { type KeepWarmPolicy, learnedPolicy } from "./keep-warm-policy.ts";
import { fixedPolicy } from "./keep-warm-baselines.ts";
import { type Arrival, orderTrace, type Trace } from "./trace-walk.ts";
import {
  simulateKeepWarm,
  type WarmOutcome,
  type WarmTally,
} from "./warm-simulator.ts";

/** A rule's figures, and those of the best single keep-alive time of the same memory-time, in hindsight. */
export interface AgainstFixed {
  readonly cold: number;
  readonly prewarmed: number;
  readonly idle_s: number;
  /** null is for ever. */
  readonly fixed_keep_s: number | null;
  readonly fixed_cold: number;
  /** cold / fixed_cold; below 1 the rule is better. */
  readonly ratio: number;
}

export interface PricePoint {
  /** The price: idle seconds whose memory costs as much as one cold start. */
  readonly break_even_s: number;
  readonly learned: AgainstFixed;
  /** The second half of the arrivals, after learning from the first; against the best time for that half. */
  readonly later_half: AgainstFixed;
  /** With starts in the background, each priced at half a cold start. */
  readonly prewarming: AgainstFixed;
}

export interface SimpleRule {
  readonly rule: string;
  /** What sets it: a keep-alive time or a histogram's range; null is for ever. */
  readonly setting_s: number | null;
  readonly cold: number;
  readonly prewarmed: number;
  readonly idle_s: number;
  /** Our rule at the same memory-time, between the prices replayed; with prewarming where the other prewarms. */
  readonly learned_cold: number;
  /** learned_cold / cold. */
  readonly ratio: number;
}

export interface EvictionPoint {
  /** Processes there is room for, busy ones included. */
  readonly room: number;
  readonly lru_cold: number;
  readonly greedy_dual_cold: number;
  readonly learned_cold: number;
  /** learned_cold / lru_cold. */
  readonly ratio: number;
}

/** Of the learned rule's ratios to the best fixed time, over all prices. */
export interface RatioSummary {
  readonly mean_ratio: number;
  readonly best_ratio: number;
  readonly worst_ratio: number;
}

export interface TiersReport {
  readonly arrivals: number;
  readonly keys: number;
  readonly span_s: number;
  /** Cold under every rule: no process of the key could have been idle. */
  readonly unavoidable_cold: number;
  readonly summary: RatioSummary;
  readonly prices: readonly PricePoint[];
  readonly simple_rules: readonly SimpleRule[];
  readonly eviction: readonly EvictionPoint[];
}

const MINUTE_MS = 60_000;
/** Half a minute to a day. */
const KEEPING = Array.from({ length: 16 }, (_, step) => ({
  breakEvenMs: Math.round((MINUTE_MS / 2) * 1.7 ** step),
}));
const FIXED_MS = [0, 1, 10, 60, 240, Infinity].map((min) => min * MINUTE_MS);
/** The paper's range, and a quarter of it. */
const HYBRID_RANGES_MS = [240 * MINUTE_MS, 60 * MINUTE_MS];
const PREWARMING = KEEPING.map((point) => ({ ...point, prewarmCost: 0.5 }));
const LEAST_ROOM = 4;
/** More processes than one machine keeps warm. */
const MOST_ROOM = 512;

/** `arrivals` in any order. */
export function replayTiers(unordered: readonly Arrival[]): TiersReport {
  const trace = orderTrace(unordered);
  const { arrivals } = trace;
  const halfMs = arrivals[arrivals.length >> 1]?.atMs ?? 0;
  const curve = fixedCurve(trace);
  const laterCurve = fixedCurve(trace, halfMs);
  const outcomes = simulateKeepWarm(
    trace,
    learnedPolicy([...KEEPING, ...PREWARMING]),
    halfMs,
  );
  const learned = outcomes.slice(0, KEEPING.length);
  const prewarming = outcomes.slice(KEEPING.length);
  const prices = learned.map(({ pointMs, whole, later }, at) => ({
    break_even_s: seconds(pointMs),
    learned: againstFixed(whole, curve),
    later_half: againstFixed(later, laterCurve),
    prewarming: againstFixed(prewarming[at]?.whole ?? whole, curve),
  }));
  const unavoidable = curve.at(-1)?.cold ?? 0;
  return {
    arrivals: arrivals.length,
    keys: new Set(arrivals.map(({ key }) => key)).size,
    span_s: seconds((arrivals.at(-1)?.atMs ?? 0) - (arrivals[0]?.atMs ?? 0)),
    unavoidable_cold: unavoidable,
    summary: summaryOf(prices),
    prices,
    simple_rules: [
      ...simpleRules(trace, fixedPolicy(FIXED_MS), curveOf(learned, curve)),
      // It prewarms, so it is held against ours with prewarming.
      ...simpleRules(
        trace,
        hybridHistogramPolicy(HYBRID_RANGES_MS),
        curveOf(prewarming, curve),
      ),
    ],
    eviction: evictionPoints(trace, roomsUpTo(unavoidable)),
  };
}

function againstFixed(
  { cold, prewarmed, idleMs }: WarmTally,
  curve: readonly CurvePoint[],
): AgainstFixed {
  const fixed = atEqualMemory(curve, idleMs);
  return {
    cold,
    prewarmed,
    idle_s: seconds(idleMs),
    fixed_keep_s: finiteSeconds(fixed.keepMs),
    fixed_cold: fixed.cold,
    ratio: ratio(cold, fixed.cold),
  };
}

function summaryOf(prices: readonly PricePoint[]): RatioSummary {
  const ratios = prices.map((price) => price.learned.ratio);
  return {
    mean_ratio: ratios.reduce((sum, it) => sum + it, 0) / ratios.length,
    best_ratio: Math.min(...ratios),
    worst_ratio: Math.max(...ratios),
  };
}

/** Our rule's own curve; at its ends it is the rule of a price of nothing, and of one beyond all. */
function curveOf(
  outcomes: readonly WarmOutcome[],
  fixed: readonly CurvePoint[],
): CurvePoint[] {
  const points = outcomes.map(({ pointMs, whole: { cold, idleMs } }) => ({
    keepMs: pointMs,
    cold,
    idleMs,
  }));
  return [...fixed.slice(0, 1), ...points, ...fixed.slice(-1)].sort(
    (a, b) => a.idleMs - b.idleMs,
  );
}

const simpleRules = (
  trace: Trace,
  policy: KeepWarmPolicy,
  learned: readonly CurvePoint[],
): SimpleRule[] =>
  simulateKeepWarm(trace, policy).map(({ pointMs, whole }) => {
    const ours = atEqualMemory(learned, whole.idleMs).cold;
    return {
      rule: policy.name,
      setting_s: finiteSeconds(pointMs),
      cold: whole.cold,
      prewarmed: whole.prewarmed,
      idle_s: seconds(whole.idleMs),
      learned_cold: ours,
      ratio: ratio(ours, whole.cold),
    };
  });

/** Doubling, as long as there is not room for all. */
function roomsUpTo(all: number): number[] {
  const rooms: number[] = [];
  for (let room = LEAST_ROOM; room < Math.min(all, MOST_ROOM + 1); room *= 2)
    rooms.push(room);
  return rooms;
}

function evictionPoints(
  trace: Trace,
  rooms: readonly number[],
): EvictionPoint[] {
  const lru = simulateEviction(trace, leastRecentlyUsed(), rooms);
  const dual = simulateEviction(trace, greedyDual(), rooms);
  const learned = simulateEviction(trace, learnedEviction(), rooms);
  return lru.map(({ room, cold }, at) => {
    const ours = learned[at]?.cold ?? cold;
    return {
      room,
      lru_cold: cold,
      greedy_dual_cold: dual[at]?.cold ?? cold,
      learned_cold: ours,
      ratio: ratio(ours, cold),
    };
  });
}

const ratio = (ours: number, theirs: number): number =>
  theirs === 0 ? 1 : ours / theirs;

const finiteSeconds = (ms: number): number | null =>
  Number.isFinite(ms) ? seconds(ms) : null;

const seconds = (ms: number): number => ms / 1_000;
