/**
 * What is remembered of the idle gaps of all keys, and what it says about a key's next arrival. A
 * key's hazard is shrunk toward keys as young as it is, those toward all keys, and all keys toward
 * a prior that keeps for the break-even time. How strongly a key's own gaps count is learned too:
 * by which strength the gaps that came would have been least surprising.
 */

import {
  BINS,
  binOf,
  countGap,
  type GapCounts,
  type Hazard,
  noGaps,
  priorHazard,
  shrinkInto,
  surprise,
} from "./gap-hazard.ts";
import { type Outlook, outlookOf } from "./warm-window.ts";

/** What one key's gaps are remembered by: at most 14 counts of 48 numbers, 3 kB. */
interface KeyGaps {
  seen: number;
  lastBin: number;
  readonly own: GapCounts;
  /** By the size of the gap before: what comes in bursts, or alternates, differs here. */
  readonly after: (GapCounts | undefined)[];
  /** Computed when it is asked for, of this refresh of what is broad. */
  outlook: Outlook | null;
  outlookRefresh: number;
}

/** The gaps of many keys, and those of them that are still open, by the bins they have passed. */
interface PooledGaps {
  readonly ended: GapCounts;
  readonly open: Float64Array;
}

export interface GapMemory {
  seen: number;
  readonly all: PooledGaps;
  /** All keys, by how many gaps of its own a key had: most keys are young, and young keys differ from old ones. */
  readonly byAge: readonly PooledGaps[];
  /** Least recently observed first. */
  readonly keys: Map<string, KeyGaps>;
  /** For each of OWN_STRENGTHS, how surprising gaps were; older ones fade. */
  readonly surprises: number[];
  /** What all keys say, as of the last refresh: so that an answer depends on gaps alone, not on when it was asked for. */
  broad: Broad;
}

interface Broad {
  readonly refresh: number;
  /** By age, before a key's own gaps. */
  readonly hazards: readonly Hazard[];
  readonly strength: OwnStrength;
}

interface OwnStrength {
  readonly own: number;
  readonly after: number;
}

/** Half of what is remembered is younger than about 1,400 gaps, of a key 35 (its bursts 45). */
const KEEP_ALL = 0.9995;
const KEEP_OWN = 0.98;
const KEEP_AFTER = 0.985;
/** What a broader estimate is worth, in gaps. On 18,066 recorded batch jobs 2 to 16 came out within 1 % of one another. */
const STRENGTH = 8;
/** The same against a key's own gaps, and those after one of the same size: from keys that differ much to keys that are all alike. */
const OWN_STRENGTHS: readonly OwnStrength[] = [
  { own: 8, after: 8 },
  { own: 8, after: Infinity },
  { own: 32, after: 32 },
  { own: 128, after: 128 },
  { own: Infinity, after: Infinity },
];
const KEEP_SURPRISE = 0.999;
/** All strengths are tried on every fourth gap: a quarter of the work for the same choice. */
const TRY_EVERY = 4;
/** 2^7 gaps and more are one age. */
const AGES = 8;
const BINS_PER_SIZE = 4;
const MAX_KEYS = 2048;
/** Gaps open at one moment tell of that moment: after so many ended ones they count half, and fully in the end. */
const TRUST_OPEN_AFTER = 2_000;
/** What is broad is refreshed with each of the first so many gaps, and then once in so many: all outlooks change with it. */
const REFRESH_EVERY = 64;

export function newGapMemory(): GapMemory {
  const memory = {
    seen: 0,
    all: noPooledGaps(),
    byAge: Array.from({ length: AGES }, noPooledGaps),
    keys: new Map<string, KeyGaps>(),
    surprises: OWN_STRENGTHS.map(() => 0),
  };
  return { ...memory, broad: broadOf(memory, 0) };
}

/**
 * Folds in one idle gap (ms, from a task's end to the next arrival that could have used its process).
 * What is not a time (negative, NaN) is not counted; Infinity is a very long gap.
 */
export function observeGap(
  memory: GapMemory,
  key: string,
  gapMs: number,
): void {
  if (!(gapMs >= 0)) return;
  const bin = binOf(gapMs);
  const own = memory.keys.get(key) ?? newKey();
  memory.seen++;
  if (own.seen > 0 && memory.seen % TRY_EVERY === 0)
    tryStrengths(memory, own, bin);
  countGap(memory.all.ended, bin, KEEP_ALL);
  const age = memory.byAge[ageOf(own)];
  if (age !== undefined) countGap(age.ended, bin, KEEP_ALL);
  countGap(own.own, bin, KEEP_OWN);
  if (own.seen > 0)
    countGap((own.after[sizeOf(own)] ??= noGaps()), bin, KEEP_AFTER);
  own.seen++;
  own.lastBin = bin;
  own.outlook = null;
  memory.keys.delete(key);
  memory.keys.set(key, own);
  if (memory.keys.size > MAX_KEYS) forgetOldest(memory.keys);
  if (memory.seen < REFRESH_EVERY || memory.seen % REFRESH_EVERY === 0)
    refresh(memory);
}

/**
 * Tells how long keys have now been idle, ms; replaces what was told before. Without it a key that
 * never comes back looks like one that was never there, and long waits look too promising.
 */
export function observeOpenGaps(
  memory: GapMemory,
  openMs: Iterable<readonly [key: string, idleMs: number]>,
): void {
  for (const { open } of [memory.all, ...memory.byAge]) open.fill(0);
  const weight = memory.seen / (memory.seen + TRUST_OPEN_AFTER);
  for (const [key, idleMs] of openMs) {
    if (!(idleMs >= 0)) continue;
    const age = memory.byAge[ageOf(memory.keys.get(key))];
    const passed = binOf(idleMs);
    for (let bin = 0; bin < passed; bin++) {
      memory.all.open[bin] = (memory.all.open[bin] ?? 0) + weight;
      if (age !== undefined) age.open[bin] = (age.open[bin] ?? 0) + weight;
    }
  }
  refresh(memory);
}

/** What the key's next arrival looks like from the end of a task. Do not change it. */
export function outlookFor(memory: GapMemory, key: string): Outlook {
  const own = memory.keys.get(key);
  const { refresh: of, strength } = memory.broad;
  if (own !== undefined && own.outlook !== null && own.outlookRefresh === of)
    return own.outlook;
  const outlook = outlookOf(hazardOf(memory, own, strength));
  if (own === undefined) return outlook;
  own.outlook = outlook;
  own.outlookRefresh = of;
  return outlook;
}

/** How many gaps of its own decide for the key; 0 where it has too few, or all keys are taken for alike. */
export function ownGapsOf(memory: GapMemory, key: string): number {
  const seen = memory.keys.get(key)?.seen ?? 0;
  return seen >= memory.broad.strength.own ? seen : 0;
}

function hazardOf(
  { broad }: GapMemory,
  own: KeyGaps | undefined,
  strength: OwnStrength,
): Hazard {
  const hazard = (broad.hazards[ageOf(own)] ?? priorHazard()).slice();
  if (own === undefined) return hazard;
  if (strength.own < Infinity) shrinkInto(hazard, own.own, strength.own);
  const after = own.after[sizeOf(own)];
  if (after !== undefined && strength.after < Infinity)
    shrinkInto(hazard, after, strength.after);
  return hazard;
}

function refresh(memory: GapMemory): void {
  memory.broad = broadOf(memory, memory.broad.refresh + 1);
}

function broadOf(
  { all, byAge, surprises }: Omit<GapMemory, "broad">,
  refreshed: number,
): Broad {
  const least = surprises.indexOf(Math.min(...surprises));
  return {
    refresh: refreshed,
    hazards: byAge.map((age) => {
      const hazard = priorHazard();
      shrinkInto(hazard, all.ended, STRENGTH, all.open);
      shrinkInto(hazard, age.ended, STRENGTH, age.open);
      return hazard;
    }),
    strength: OWN_STRENGTHS[least] ?? { own: STRENGTH, after: STRENGTH },
  };
}

function tryStrengths(memory: GapMemory, own: KeyGaps, bin: number): void {
  for (const [at, strength] of OWN_STRENGTHS.entries())
    memory.surprises[at] =
      (memory.surprises[at] ?? 0) * KEEP_SURPRISE +
      surprise(hazardOf(memory, own, strength), bin);
}

const noPooledGaps = (): PooledGaps => ({
  ended: noGaps(),
  open: new Float64Array(BINS),
});

const newKey = (): KeyGaps => ({
  seen: 0,
  lastBin: 0,
  own: noGaps(),
  after: [],
  outlook: null,
  outlookRefresh: 0,
});

const ageOf = (own: KeyGaps | undefined): number =>
  Math.min(AGES - 1, Math.floor(Math.log2(1 + (own?.seen ?? 0))));

const sizeOf = (own: KeyGaps): number =>
  Math.floor(own.lastBin / BINS_PER_SIZE);

function forgetOldest(keys: Map<string, KeyGaps>): void {
  for (const key of keys.keys()) {
    keys.delete(key);
    return;
  }
}
