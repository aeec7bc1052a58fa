/**
 * What a pool remembers of its keys' idle gaps, fed by the starts and ends of its tasks: the one
 * thing to hold in order to ask `decideKeepWarm` and `whomToEvict`. Keys are kinds, or whatever a
 * process is specialised for.
 */

import {
  type IdleGaps,
  newIdleGaps,
  openGaps,
  taskArrived,
  taskEnded,
} from "./idle-gaps.ts";
import {
  type GapMemory,
  newGapMemory,
  observeGap,
  observeOpenGaps,
} from "./gap-memory.ts";

export interface WarmMemory {
  readonly gaps: IdleGaps;
  readonly learned: GapMemory;
}

/** Looking at all keys is dear; at most 16,384 of them once in so many gaps costs 64 steps a gap. */
const OPEN_GAPS_EVERY = 256;

export const newWarmMemory = (): WarmMemory => ({
  gaps: newIdleGaps(),
  learned: newGapMemory(),
});

/** A task of the key was given to a process, warm or not, or began to wait for one. Times are of one clock that never goes back, ms. */
export function rememberArrival(
  { gaps, learned }: WarmMemory,
  key: string,
  nowMs: number,
): void {
  const gapMs = taskArrived(gaps, key, nowMs);
  if (gapMs === null) return;
  observeGap(learned, key, gapMs);
  if (learned.seen % OPEN_GAPS_EVERY === 0)
    observeOpenGaps(learned, openGaps(gaps, nowMs));
}

/** A task of the key ended, however it ended. */
export const rememberEnd = (
  { gaps }: WarmMemory,
  key: string,
  nowMs: number,
): void => taskEnded(gaps, key, nowMs);
