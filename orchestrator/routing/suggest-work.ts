/**
 * Which work of the board a claimer is offered, in which order, and why. Pure.
 *
 * A score is a sum of points; 10 are worth one step of priority. Waiting adds a step an hour, so that
 * nothing waits for ever. Work that others wait for counts by the logarithm of how many: the first who
 * waits matters most. Of two alike the shorter goes first (shortest expected processing time), which
 * counts least and only with enough evidence. Fit is the share of the claimer's own work with the
 * needed capabilities that stood its check, by the rule of succession, so that one success or one
 * failure moves it a little and twenty move it far.
 */

import type {
  Candidate,
  CapabilityRecord,
  PastWork,
  Ranking,
  WorkQuestion,
} from "../../flow-balancer/core/suggest-work.ts";
import { MAX_COUNTED_WAITERS } from "../../flow-balancer/core/suggest-work.ts";
import type { Load, Suggestion } from "../../flow-balancer/core/board.ts";
import { durationInWords } from "../../flow-balancer/core/duration-in-words.ts";
import { type Summary, summarise } from "../../flow-balancer/core/stats.ts";
import { quoted } from "../../flow-balancer/core/quoted.ts";

const STEP = 10;
const HOUR_MS = 3_600_000;
/** Of a claimer's capacity: above it only small work is offered, below the other heavy work is preferred. */
const BUSY_SHARE = 0.8;
const FREE_SHARE = 0.3;
const SMALL_WEIGHT = 3;
const HEAVY_WEIGHT = 6;
/** Fewer runs than this say little of the next one. */
const ENOUGH_RUNS = 5;
/** From never (-) to always (+). */
const FIT_POINTS = 20;
const HEAVY_POINTS = STEP;
const WAITER_POINTS = 8;
/** For each doubling of the minutes it is expected to take. */
const DURATION_POINTS = 2;

/** Those that must not be offered come back as obstacles; equal scores in the order given. */
export function suggestWork(question: WorkQuestion): Ranking {
  const { candidates, load } = question;
  const records = new Map(question.records.map((it) => [it.capability, it]));
  const durations = durationsOf(question.past);
  const ranked: Suggestion[] = [];
  const obstacles: Ranking["obstacles"][number][] = [];
  for (const candidate of candidates) {
    const { id, title, weight } = candidate;
    const reason =
      missing(candidate, question.declared, records) ?? tooHeavy(weight, load);
    if (reason !== null) {
      obstacles.push({ id, title, reason });
      continue;
    }
    const parts = [
      byPriority(candidate, question.now),
      byWaiters(candidate),
      byFit(candidate, question.declared, records),
      byLoad(weight, load),
      byDuration(candidate, durations),
    ];
    ranked.push({
      id,
      title,
      weight,
      score: round(parts.reduce((sum, { points }) => sum + points, 0)),
      reasons: parts
        .toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points))
        .flatMap(({ words }) => words),
    });
  }
  return {
    suggestions: ranked.toSorted((a, b) => b.score - a.score),
    obstacles,
  };
}

interface Part {
  readonly points: number;
  readonly words: readonly string[];
}

const NOTHING: Part = { points: 0, words: [] };

type Records = ReadonlyMap<string, CapabilityRecord>;

/** A capability is had if it was declared, or proven once. */
function missing(
  { capabilities }: Candidate,
  declared: readonly string[] | null,
  records: Records,
): string | null {
  if (declared === null) return null;
  const lacking = capabilities.filter(
    (name) =>
      !declared.includes(name) && (records.get(name)?.successes ?? 0) === 0,
  );
  return lacking.length === 0
    ? null
    : `needs ${list(lacking)}, which you have neither declared nor proven`;
}

function tooHeavy(
  weight: number,
  { activeWeight, capacity }: Load,
): string | null {
  // Whoever has nothing in hand may take any one, or a small capacity would never get a heavy item.
  if (activeWeight === 0) return null;
  const inHand = `you have ${activeWeight} of ${capacity} in hand`;
  if (activeWeight + weight > capacity)
    return `weight ${weight} is too heavy for what is left: ${inHand}`;
  return activeWeight > BUSY_SHARE * capacity && weight > SMALL_WEIGHT
    ? `weight ${weight} is not offered above ${BUSY_SHARE * 100} % of your capacity, only up to ${SMALL_WEIGHT}: ${inHand}`
    : null;
}

function byPriority(
  { priority, submittedAt }: Candidate,
  now: WorkQuestion["now"],
): Part {
  const hours = Math.max(0, now - submittedAt) / HOUR_MS;
  const points = STEP * (priority + hours);
  const waited =
    hours < 1 ? "" : `, raised by ${round(hours)} for the hours it has waited`;
  return { points, words: [`priority ${priority}${waited}`] };
}

function byWaiters({ waiters }: Candidate): Part {
  if (waiters === 0) return NOTHING;
  const count =
    waiters >= MAX_COUNTED_WAITERS
      ? `${MAX_COUNTED_WAITERS} or more others wait for it`
      : waiters === 1
        ? "1 other waits for it"
        : `${waiters} others wait for it`;
  return { points: WAITER_POINTS * Math.log2(1 + waiters), words: [count] };
}

function byFit(
  { capabilities }: Candidate,
  declared: readonly string[] | null,
  records: Records,
): Part {
  if (declared === null || capabilities.length === 0) return NOTHING;
  let points = 0;
  const words: string[] = [];
  for (const name of capabilities) {
    const { successes = 0, failures = 0 } = records.get(name) ?? {};
    const runs = successes + failures;
    points +=
      (FIT_POINTS * ((successes + 1) / (runs + 2) - 0.5)) / capabilities.length;
    words.push(
      runs === 0
        ? `${quoted(name)}: declared, not proven yet`
        : `${quoted(name)}: ${successes} of ${runs} of yours stood the check${thin(runs)}`,
    );
  }
  return { points, words };
}

function byLoad(weight: number, { activeWeight, capacity }: Load): Part {
  return weight >= HEAVY_WEIGHT && activeWeight < FREE_SHARE * capacity
    ? {
        points: HEAVY_POINTS,
        words: [`weight ${weight}: heavy, and you have room for it`],
      }
    : { points: 0, words: [`weight ${weight}`] };
}

/** By likeness: work of the same weight that needed the same, and all of the same weight. */
type Durations = ReadonlyMap<string, Summary>;

function durationsOf(past: readonly PastWork[]): Durations {
  const groups = new Map<string, number[]>();
  for (const { weight, capabilities, runMs } of past)
    for (const key of [likeness(weight, capabilities), `${weight}`]) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [runMs]);
      else group.push(runMs);
    }
  return new Map([...groups].map(([key, runs]) => [key, summarise(runs)]));
}

const likeness = (weight: number, capabilities: readonly string[]): string =>
  JSON.stringify([weight, ...capabilities.toSorted()]);

function byDuration(
  { weight, capabilities }: Candidate,
  durations: Durations,
): Part {
  const alike = durations.get(likeness(weight, capabilities));
  const known =
    alike !== undefined && alike.n >= ENOUGH_RUNS
      ? alike
      : durations.get(`${weight}`);
  if (known === undefined) return NOTHING;
  const { p50, n } = known;
  const minutes = p50 / 60_000;
  return {
    points: n < ENOUGH_RUNS ? 0 : -DURATION_POINTS * Math.log2(1 + minutes),
    words: [`about ${durationInWords(p50)} by ${n} like it${thin(n)}`],
  };
}

const thin = (runs: number): string =>
  runs < ENOUGH_RUNS ? " (too few to tell)" : "";

const list = (names: readonly string[]): string =>
  names.map((name) => quoted(name)).join(", ");

const round = (points: number): number => Math.round(points * 10) / 10;
