/**
 * How long a process stays warm after its task, or when it is started again before it is needed.
 * Keeps as long as it is expected to save more than it costs: expected saved starts x break-even
 * time against expected idle time. Thin evidence acts like a fixed rule: the break-even time.
 */

import { type GapMemory, outlookFor, ownGapsOf } from "./gap-memory.ts";
import { bestWindow } from "./warm-window.ts";

export interface KeepWarmSettings {
  /** Idle time whose memory costs as much as one cold start, ms; see `breakEvenMs`. */
  readonly breakEvenMs: number;
  readonly minKeepMs?: number;
  readonly maxKeepMs?: number;
  /** What a start that nobody waits for costs, in cold starts (0..1). Without it nothing is prewarmed. */
  readonly prewarmCost?: number;
}

export interface KeepWarmDecision {
  /** After the task, ms: how long warm; where `prewarmAfterMs` is set, when the prewarmed one is let go. 0: let go at once. */
  readonly keepMs: number;
  /** Let go at once, and start again so long after the task, ms. */
  readonly prewarmAfterMs?: number;
  readonly reason: KeepWarmReason;
}

/** Whose gaps had the last word, and how many there were. */
export interface KeepWarmReason {
  readonly basis: "break-even" | "all keys" | "own gaps";
  readonly gaps: number;
}

/** With fewer gaps than this of all keys, the break-even rule has the last word. */
const ENOUGH_GAPS = 8;

/** For a process of `key` whose task ends now. Finite, within the limits of the settings, of which `maxKeepMs` is the stronger. */
export function decideKeepWarm(
  memory: GapMemory,
  key: string,
  settings: KeepWarmSettings,
): KeepWarmDecision {
  const { minKeepMs = 0, maxKeepMs = Number.MAX_SAFE_INTEGER } = settings;
  const breakEven = atMost(Number.MAX_SAFE_INTEGER, settings.breakEvenMs);
  const outlook = outlookFor(memory, key);
  const reason = reasonFor(memory, key);
  if (settings.prewarmCost !== undefined && minKeepMs <= 0) {
    const { fromMs, untilMs } = bestWindow(
      outlook,
      breakEven,
      settings.prewarmCost,
    );
    if (fromMs > 0 && untilMs <= maxKeepMs)
      return { keepMs: untilMs, prewarmAfterMs: fromMs, reason };
  }
  const { untilMs } = bestWindow(outlook, breakEven);
  return { keepMs: atMost(maxKeepMs, Math.max(minKeepMs, untilMs)), reason };
}

/**
 * The break-even time of a process: `idleMsPerStartMs` is how many ms of idle memory one ms of
 * waiting for a start is worth, for a process of `referenceMb`; a larger one is kept for less.
 */
export const breakEvenMs = (
  worker: { readonly startCostMs: number; readonly memoryMb: number },
  price: { readonly idleMsPerStartMs: number; readonly referenceMb: number },
): number =>
  (worker.startCostMs * price.idleMsPerStartMs * price.referenceMb) /
  Math.max(1, worker.memoryMb);

function reasonFor(memory: GapMemory, key: string): KeepWarmReason {
  const own = ownGapsOf(memory, key);
  if (own > 0) return { basis: "own gaps", gaps: own };
  return {
    basis: memory.seen < ENOUGH_GAPS ? "break-even" : "all keys",
    gaps: memory.seen,
  };
}

/** 0 for what is not a number, or below. */
const atMost = (limit: number, value: number): number =>
  value > 0 ? Math.min(limit, value) : 0;
