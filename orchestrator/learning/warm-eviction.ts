/**
 * Whom to let go when all warm processes together may use only so much memory: the one that
 * promises the fewest saved start costs for its memory-time, by what is known of its key's gaps.
 */

import { type GapMemory, outlookFor } from "./gap-memory.ts";
import { reuseIndex } from "./warm-window.ts";

export interface WarmCandidate {
  readonly key: string;
  readonly idleSinceMs: number;
  /** What the next task of its key would wait, if it were gone. */
  readonly startCostMs: number;
  readonly memoryMb: number;
}

/** Only who is worth so much less than the one idle longest goes in its place: where there is nothing to learn, this is LRU. */
const CLEARLY = 1.3;

/** The candidate to let go, by identity; undefined if there is none. */
export function whomToEvict<Candidate extends WarmCandidate>(
  candidates: readonly Candidate[],
  nowMs: number,
  memory: GapMemory,
): Candidate | undefined {
  let oldest: Valued<Candidate> | undefined;
  let least: Valued<Candidate> | undefined;
  for (const candidate of candidates) {
    const valued = { candidate, worth: worthOf(candidate, nowMs, memory) };
    if (
      oldest === undefined ||
      candidate.idleSinceMs < oldest.candidate.idleSinceMs
    )
      oldest = valued;
    if (least === undefined || valued.worth < least.worth) least = valued;
  }
  if (oldest === undefined || least === undefined) return undefined;
  return oldest.worth <= least.worth * CLEARLY
    ? oldest.candidate
    : least.candidate;
}

interface Valued<Candidate> {
  readonly candidate: Candidate;
  readonly worth: number;
}

/** Start time saved per MB and ms of idle time; what is unknown or nonsense is worth nothing. */
export function worthOf(
  { key, idleSinceMs, startCostMs, memoryMb }: WarmCandidate,
  nowMs: number,
  memory: GapMemory,
): number {
  const idleMs = Math.max(0, nowMs - idleSinceMs);
  const worth =
    (reuseIndex(outlookFor(memory, key), idleMs) * startCostMs) /
    Math.max(1, memoryMb);
  return worth > 0 ? worth : 0;
}
