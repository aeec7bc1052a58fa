/**
 * Replays arrivals against a keep-warm rule and counts cold starts and idle memory-time. A task
 * takes the most recently used warm process of its key; if all are busy or gone it is a cold start,
 * under every rule. A process falls idle on its own, and its window is decided then, from the past.
 * Durations are taken as recorded: a cold start does not lengthen its task.
 */

import type { KeepWarmPolicy } from "./keep-warm-policy.ts";
import { type Trace, walkTrace } from "./trace-walk.ts";
import type { WarmWindow } from "./warm-window.ts";

export interface WarmTally {
  readonly cold: number;
  readonly warm: number;
  /** Starts in the background that were made, used or not. */
  readonly prewarmed: number;
  /** Memory-time: ms that processes were warm and idle, to the end of the trace. */
  readonly idleMs: number;
}

export interface WarmOutcome {
  readonly pointMs: number;
  readonly whole: WarmTally;
  /** Of it, what happened from `laterFromMs` on, after learning from what came before. */
  readonly later: WarmTally;
}

/** One outcome for each operating point. */
export function simulateKeepWarm(
  trace: Trace,
  policy: KeepWarmPolicy,
  laterFromMs = Number.POSITIVE_INFINITY,
): WarmOutcome[] {
  const keys = new Map<string, IdleProcesses[]>();
  const points = policy.pointsMs.map((pointMs) => ({
    pointMs,
    whole: new Ledger(Number.NEGATIVE_INFINITY),
    later: new Ledger(laterFromMs),
  }));
  const processesOf = (key: string): IdleProcesses[] => {
    let all = keys.get(key);
    if (all === undefined) {
      all = points.map(({ whole, later }) => new IdleProcesses(whole, later));
      keys.set(key, all);
    }
    return all;
  };
  const endMs = walkTrace(trace, {
    ended({ key }, atMs) {
      const windows = policy.ended(key, atMs);
      for (const [at, processes] of processesOf(key).entries()) {
        const window = windows[at];
        if (window !== undefined) processes.add(atMs, window);
      }
    },
    arrived({ key, atMs }) {
      for (const processes of processesOf(key)) processes.take(atMs);
      policy.arrived(key, atMs);
    },
  });
  for (const all of keys.values())
    for (const processes of all) processes.close(endMs);
  return points.map(({ pointMs, whole, later }) => ({
    pointMs,
    whole: whole.tally(),
    later: later.tally(),
  }));
}

interface Idle {
  readonly prewarmed: boolean;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The idle processes of one key at one operating point, the latest last. */
class IdleProcesses {
  readonly #idle: Idle[] = [];

  constructor(
    readonly whole: Ledger,
    readonly later: Ledger,
  ) {}

  add(nowMs: number, { fromMs, untilMs }: WarmWindow): void {
    if (untilMs > fromMs)
      this.#idle.push({
        prewarmed: fromMs > 0,
        fromMs: nowMs + fromMs,
        untilMs: nowMs + untilMs,
      });
  }

  /** The latest that is warm is used; a cold start takes the place of the latest still to be prewarmed. */
  take(nowMs: number): void {
    let warm = -1;
    for (let at = this.#idle.length - 1; at >= 0; at--) {
      const one = this.#idle[at];
      if (one === undefined) continue;
      if (one.untilMs < nowMs) {
        this.#account(one, one.untilMs);
        this.#idle.splice(at, 1);
        warm--;
      } else if (warm < 0 && one.fromMs <= nowMs) warm = at;
    }
    const found = warm >= 0;
    const [taken] = this.#idle.splice(found ? warm : -1, 1);
    if (taken !== undefined && found) this.#account(taken, nowMs);
    this.whole.started(nowMs, found);
    this.later.started(nowMs, found);
  }

  close(endMs: number): void {
    for (const one of this.#idle.splice(0))
      this.#account(one, Math.min(one.untilMs, endMs));
  }

  #account(one: Idle, untilMs: number): void {
    this.whole.idle(one, untilMs);
    this.later.idle(one, untilMs);
  }
}

/** Counts what happens from `fromMs` on. */
class Ledger {
  #cold = 0;
  #warm = 0;
  #prewarmed = 0;
  #idleMs = 0;

  constructor(readonly fromMs: number) {}

  started(atMs: number, warm: boolean): void {
    if (atMs < this.fromMs) return;
    if (warm) this.#warm++;
    else this.#cold++;
  }

  idle({ fromMs, prewarmed }: Idle, untilMs: number): void {
    // A process that was to be prewarmed later was never there.
    if (untilMs < fromMs) return;
    if (prewarmed && fromMs >= this.fromMs) this.#prewarmed++;
    this.#idleMs += Math.max(0, untilMs - Math.max(fromMs, this.fromMs));
  }

  tally(): WarmTally {
    return {
      cold: this.#cold,
      warm: this.#warm,
      prewarmed: this.#prewarmed,
      idleMs: this.#idleMs,
    };
  }
}
