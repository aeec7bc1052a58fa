/**
 * When an idle process is worth its memory: the stretch of idle time that saves most starts for
 * the memory-time it costs. Everything is measured in break-even time: the idle time whose memory
 * costs as much as one cold start.
 */

import { BIN_EDGES_MS, BINS, type Hazard } from "./gap-hazard.ts";

/** What keeping warm through each bin brings and costs, seen from the end of a task. */
export interface Outlook {
  /** Chance that the next arrival falls into the bin. */
  readonly arrives: Float64Array;
  /** Expected idle time within the bin, ms; who comes within it comes in its middle, on average. */
  readonly idleMs: Float64Array;
  /** Chance that nobody came by the bin's end. */
  readonly left: Float64Array;
}

export function outlookOf(hazard: Hazard): Outlook {
  const arrives = new Float64Array(BINS);
  const idleMs = new Float64Array(BINS);
  const left = new Float64Array(BINS);
  let reached = 1;
  let from = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const until = BIN_EDGES_MS[bin] ?? from;
    const arrived = reached * (hazard[bin] ?? 0);
    arrives[bin] = arrived;
    idleMs[bin] = (reached - arrived / 2) * (until - from);
    reached = Math.max(0, reached - arrived);
    left[bin] = reached;
    from = until;
  }
  return { arrives, idleMs, left };
}

/** Warm from `fromMs` after it fell idle (0: never let go) until `untilMs`; cold where both are 0. */
export interface WarmWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What a start that nobody waits for costs, in cold starts; above this no window is worth one. */
const NO_PREWARM = Number.POSITIVE_INFINITY;

/**
 * The window with the largest expected saving (starts saved x break-even - idle time), of all that
 * end at a bin's edge. One that does not begin at 0 needs a start in the background, which costs
 * `prewarmCost` cold starts each time the wait gets that far.
 */
export function bestWindow(
  { arrives, idleMs, left }: Outlook,
  breakEvenMs: number,
  prewarmCost: number = NO_PREWARM,
): WarmWindow {
  let best = 0;
  let bestFrom = -1;
  let bestUntil = -1;
  let kept = 0;
  let prewarmed = Number.NEGATIVE_INFINITY;
  let prewarmedFrom = -1;
  let reached = 1;
  for (let bin = 0; bin < BINS; bin++) {
    const gain = (arrives[bin] ?? 0) * breakEvenMs - (idleMs[bin] ?? 0);
    kept += gain;
    // The best that ends here begins here, or is the best that ended at the bin before, longer.
    const fresh = -prewarmCost * breakEvenMs * reached;
    if (fresh > prewarmed && bin > 0) {
      prewarmed = fresh;
      prewarmedFrom = bin - 1;
    }
    prewarmed += gain;
    reached = left[bin] ?? 0;
    if (kept > best && kept >= prewarmed) {
      best = kept;
      bestFrom = -1;
      bestUntil = bin;
    } else if (prewarmed > best) {
      best = prewarmed;
      bestFrom = prewarmedFrom;
      bestUntil = bin;
    }
  }
  return {
    fromMs: BIN_EDGES_MS[bestFrom] ?? 0,
    untilMs: BIN_EDGES_MS[bestUntil] ?? 0,
  };
}

/**
 * The highest price at which a process idle for `idleForMs` would still be kept: the most arrivals per
 * ms of idle time that any further keeping promises (a Gittins index; of a falling hazard it is the
 * hazard itself). 0 beyond the last bin.
 */
export function reuseIndex(
  { arrives, idleMs, left }: Outlook,
  idleForMs: number,
): number {
  let index = 0;
  let arrivals = 0;
  let idle = 0;
  let from = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const until = BIN_EDGES_MS[bin] ?? from;
    if (until > idleForMs) {
      // Of a bin already begun, the rest.
      const begun = Math.max(0, idleForMs - from);
      const rest = (until - from - begun) / (until - from);
      const arriving = (arrives[bin] ?? 0) * rest;
      arrivals += arriving;
      idle +=
        begun > 0
          ? ((left[bin] ?? 0) + arriving / 2) * (until - idleForMs)
          : (idleMs[bin] ?? 0);
      if (idle > 0) index = Math.max(index, arrivals / idle);
    }
    from = until;
  }
  return index;
}
