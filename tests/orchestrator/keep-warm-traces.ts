/** Made-up arrivals with known habits, from a seed: what no recorded trace can be fitted to. */

import {
  type Arrival,
  orderTrace,
  type Trace,
} from "../../orchestrator/learning/trace-walk.ts";

const HOUR_MS = 3_600_000;

/** Numbers in (0, 1), the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

type Chance = () => number;

/** The next gap, ms, from the time and chance. */
type Gaps = (nowMs: number, chance: Chance) => number;

const exponential = (meanMs: number, chance: Chance): number =>
  -meanMs * Math.log(chance());

/** Log-uniform over `decades` decades from `leastMs`. */
const spread = (leastMs: number, decades: number, chance: Chance): number =>
  leastMs * 10 ** (decades * chance());

function traceOf(
  seed: number,
  keys: number,
  arrivalsPerKey: number,
  habit: (chance: Chance) => Gaps,
): Trace {
  const chance = seeded(seed);
  const arrivals: Arrival[] = [];
  for (let key = 0; key < keys; key++) {
    const gap = habit(chance);
    let atMs = exponential(HOUR_MS, chance);
    for (let n = 0; n < arrivalsPerKey; n++) {
      const durationMs = exponential(2_000, chance);
      arrivals.push({ key: `key-${key}`, atMs, durationMs });
      atMs += durationMs + gap(atMs, chance);
    }
  }
  return orderTrace(arrivals);
}

/** Memoryless, each key at its own pace, from half a minute to half a day. */
export const poisson = (seed: number): Trace =>
  traceOf(seed, 40, 150, (chance) => {
    const mean = spread(30_000, 3.2, chance);
    return (_, each) => exponential(mean, each);
  });

/** Clockwork with 5 % jitter, each key with its own period, from a minute to 10 hours. */
export const periodic = (seed: number): Trace =>
  traceOf(seed, 30, 150, (chance) => {
    const period = spread(60_000, 2.8, chance);
    return (_, each) => period * (0.95 + 0.1 * each());
  });

/** Some seconds between the arrivals of a burst, hours between bursts. */
export const bursty = (seed: number): Trace =>
  traceOf(seed, 40, 200, (chance) => {
    const within = spread(1_000, 1.5, chance);
    const length = 2 + 20 * chance();
    return (_, each) =>
      each() < 1 / length
        ? exponential(5 * HOUR_MS, each)
        : exponential(within, each);
  });

/** Each key changes its pace for another, without warning, every few days. */
export const drifting = (seed: number): Trace =>
  traceOf(seed, 30, 400, (chance) => {
    const paces = Array.from({ length: 8 }, () => spread(30_000, 2.5, chance));
    let left = 0;
    let at = 0;
    return (_, each) => {
      if (left-- <= 0) {
        left = 40 + 80 * each();
        at++;
      }
      return exponential(paces[at % paces.length] ?? 0, each);
    };
  });

/** Heavy tails, the same for all keys: nothing to learn about a key that is not true of all. */
export const alike = (seed: number): Trace =>
  traceOf(seed, 40, 150, () => (_, each) => 20_000 * each() ** (-1 / 0.8));

/** Several at once: keys whose tasks overlap, so that there is more than one process of a key. */
export const overlapping = (seed: number): Trace => {
  const chance = seeded(seed);
  const arrivals: Arrival[] = [];
  for (let key = 0; key < 10; key++) {
    const mean = spread(5_000, 2, chance);
    for (let atMs = 0, n = 0; n < 400; n++) {
      atMs += exponential(mean, chance);
      arrivals.push({
        key: `key-${key}`,
        atMs,
        durationMs: exponential(mean * 2, chance),
      });
    }
  }
  return orderTrace(arrivals);
};
