/**
 * The runs of one key: how long they took, and how long the next one may take. A run that was ended by a
 * timeout is remembered as "longer than", beside those that completed and never in their place: it can
 * only lengthen the limit. What hangs would lengthen it without end, so there is a ceiling that such runs
 * alone cannot lift: a few times the longest that completed.
 */

import { adaptLevel, boundedLevel, shareBeyond } from "./conformal-level.ts";
import { LogSpread, type SpreadState } from "./run-history-spread.ts";
import {
  type CutOffState,
  CutOffRuns,
  type TimedOut,
} from "./run-history-timeouts.ts";
import { RunWindow } from "./run-history-window.ts";

/** What it is to be judged by: `single` ends healthy runs too, `soft` none that give signs of life, so that more may be longer than it. */
export type Threshold = "single" | "soft";

/** The share of runs that may be longer, each in (0, 1). */
export type MissTargets = Readonly<Record<Threshold, number>>;

/** The form that is kept; plain data. */
export interface RunHistoryState extends CutOffState {
  readonly completed: number;
  readonly timeouts: number;
  readonly beats: number;
  readonly levels: Readonly<Record<Threshold, number>>;
  readonly misses: Readonly<Record<Threshold, number>>;
  /** The runs of the window, oldest first: base64 of 32-bit floats, ms. */
  readonly window: string;
  readonly spread: SpreadState;
  readonly low: number;
}

/** Completed runs by which the next is judged. At a target of 1 % the two or three longest of them set the limit. */
const WINDOW_RUNS = 256;
/** Above the run that sets it, so that equal runs pass. */
const MARGIN = 1.02;
/** The runs that tell whether all have become shorter: 27 of the last 30 below what a quarter was below before. */
const RECENT_RUNS = 30;
const RECENT_LOW = 27;
const LOW_SHARE = 0.25;
const RECENT_MASK = 2 ** RECENT_RUNS - 1;
/** Before that many, a quarter of the window is too few to tell. */
const ENOUGH_FOR_SHIFT = 120;
/** Each run counts for a sixteenth in how many give signs of life. */
const BEATS_STEP = 1 / 16;
const MOST_BEAT = 0.75;

export class RunHistory {
  readonly #targets: MissTargets;
  readonly #levels: Record<Threshold, number>;
  readonly #misses: Record<Threshold, number> = { single: 0, soft: 0 };
  /** As of the last observation; -1: to be computed. */
  readonly #limits: Record<Threshold, number> = { single: -1, soft: -1 };
  #completed = 0;
  #timeouts = 0;
  #beats = 0;
  #window: RunWindow;
  readonly #spread: LogSpread;
  readonly #cutOff: CutOffRuns;
  /** A bit a completed run, the last one lowest: whether it was among the short ones. */
  #low = 0;

  /** `enoughMs`: up to there, hanging runs may lift the ceiling by their number alone. */
  constructor(targets: MissTargets, enoughMs: number, state?: RunHistoryState) {
    this.#targets = targets;
    this.#spread = new LogSpread(state?.spread);
    this.#cutOff = new CutOffRuns(enoughMs, state);
    const { single, soft } = state?.levels ?? targets;
    this.#levels = {
      single: boundedLevel(single, targets.single),
      soft: boundedLevel(soft, targets.soft),
    };
    const runs = state === undefined ? undefined : floatsOf(state.window);
    this.#window = new RunWindow(WINDOW_RUNS, runs);
    if (state === undefined) return;
    this.#completed = state.completed;
    this.#timeouts = state.timeouts;
    this.#beats = state.beats;
    this.#misses = { ...state.misses };
    this.#low = state.low;
  }

  /** Runs that completed, ever. */
  get completed(): number {
    return this.#completed;
  }

  /** Runs that a timeout ended, ever. */
  get timeouts(): number {
    return this.#timeouts;
  }

  /** Whether at least three of four runs that completed lately gave signs of life all along. */
  get mostBeat(): boolean {
    return this.#beats >= MOST_BEAT;
  }

  /** Completed runs, ever, that were longer than the limit of their time. */
  misses(threshold: Threshold): number {
    return this.#misses[threshold];
  }

  /** The last completed runs, at most WINDOW_RUNS. */
  get window(): RunWindow {
    return this.#window;
  }

  /** ms; 0: nothing is known. */
  limitMs(threshold: Threshold): number {
    const known = this.#limits[threshold];
    return known >= 0
      ? known
      : (this.#limits[threshold] = this.#compute(threshold));
  }

  /** A run took `ms`, above 0. */
  completedIn(ms: number, hasBeats: boolean): void {
    this.#judge("single", ms);
    this.#judge("soft", ms);
    const isLow =
      this.#window.size >= ENOUGH_FOR_SHIFT &&
      ms < this.#window.quantile(LOW_SHARE);
    this.#low = ((this.#low << 1) | (isLow ? 1 : 0)) & RECENT_MASK;
    this.#completed++;
    this.#beats += BEATS_STEP * ((hasBeats ? 1 : 0) - this.#beats);
    this.#window.add(ms);
    this.#spread.add(ms, this.#completed);
    this.#cutOff.completed(this.#completed);
    this.#forget();
    if (bitsIn(this.#low) >= RECENT_LOW) this.#startAnew();
  }

  /** A run was ended by a timeout: its own, or one that its caller set. */
  timedOut(run: TimedOut): void {
    for (const threshold of ["single", "soft"] as const)
      this.#levels[threshold] = adaptLevel(
        this.#levels[threshold],
        this.#targets[threshold],
        this.#chanceOfMiss(threshold, run.ms),
      );
    this.#timeouts++;
    this.#cutOff.add(run, this.#window.largest(1), this.#completed);
    this.#forget();
  }

  snapshot(): RunHistoryState {
    return {
      completed: this.#completed,
      timeouts: this.#timeouts,
      beats: this.#beats,
      levels: { ...this.#levels },
      misses: { ...this.#misses },
      window: textOf(this.#window.inOrder()),
      spread: this.#spread.snapshot(),
      ...this.#cutOff.snapshot(),
      low: this.#low,
    };
  }

  #judge(threshold: Threshold, ms: number): void {
    const isMiss = this.#completed > 0 && ms > this.limitMs(threshold);
    if (isMiss) this.#misses[threshold]++;
    this.#levels[threshold] = adaptLevel(
      this.#levels[threshold],
      this.#targets[threshold],
      isMiss ? 1 : 0,
    );
  }

  /** That a run longer than `ms` is longer than the limit, by the runs longer than `ms` that are known; at least the target. */
  #chanceOfMiss(threshold: Threshold, ms: number): number {
    if (ms >= this.limitMs(threshold)) return 1;
    const longer = this.#window.above(ms) + this.#cutOff.above(ms);
    const share = (longer + 1) / (this.#window.size + 1);
    return Math.min(1, this.#targets[threshold] / Math.min(1, share));
  }

  #compute(threshold: Threshold): number {
    const window = this.#window;
    if (window.size === 0 && this.#cutOff.size === 0) return 0;
    const share = shareBeyond(
      this.#levels[threshold],
      this.#targets[threshold],
    );
    // So many of this many more runs may be longer than the limit.
    const longer = (window.size + 1) * share;
    const rank = Math.max(1, Math.floor(longer));
    const beyond = longer < 1 ? this.#spread.factor(longer) : 1;
    const ofCompleted = window.largest(rank) * beyond * MARGIN;
    if (this.#cutOff.size === 0) return ofCompleted;
    const ofAll = this.#cutOff.largestWith(window, rank) * beyond * MARGIN;
    const ceiling = this.#cutOff.ceilingMs(window.largest(1));
    return Math.max(ofCompleted, Math.min(ofAll, ceiling));
  }

  /** All runs have become shorter: those before say nothing any more. Never the other way, which the level answers to. */
  #startAnew(): void {
    const sinceFirstLow = 32 - Math.clz32(this.#low);
    const recent = this.#window.inOrder().subarray(-sinceFirstLow);
    this.#window = new RunWindow(WINDOW_RUNS, recent);
    this.#cutOff.keepSince(this.#completed - sinceFirstLow);
    this.#low = 0;
    this.#forget();
  }

  #forget(): void {
    this.#limits.single = this.#limits.soft = -1;
  }
}

function bitsIn(word: number): number {
  let bits = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  return bits;
}

const textOf = ({ buffer }: Float32Array<ArrayBuffer>): string =>
  new Uint8Array(buffer).toBase64();

/** Throws for what is not base64 of 32-bit floats. */
const floatsOf = (text: string): Float32Array =>
  new Float32Array(Uint8Array.fromBase64(text).buffer);
