/**
 * Runs that a timeout ended: each would have taken longer than it was let. They stand in the order
 * statistics beside those that completed, as somewhat longer than where they were cut off, and under a
 * ceiling: what hangs would take for ever.
 */

import type { RunWindow } from "./run-history-window.ts";

interface CutOffRun {
  /** Taken for its length, ms. */
  readonly ms: number;
  /** Completed runs before it. */
  readonly after: number;
}

/** Plain data. */
export interface CutOffState {
  /** The longest first. */
  readonly cutOff: readonly CutOffRun[];
  /** In a row: one more with each timeout, one less with each run that completes. All, and those that gave signs of life. */
  readonly row: number;
  readonly aliveRow: number;
  /** The longest `guessMs` so far. */
  readonly guessMs: number;
}

/** One more, as it is told. */
export interface TimedOut {
  /** It ran so long, ms. */
  readonly ms: number;
  /** Whether it gave signs of life all along. */
  readonly isAlive: boolean;
  /** The limit that would hold if none of its key's own runs were known, ms. */
  readonly guessMs: number;
}

/** At most so many are told apart; beyond, the newest takes the place of the oldest and is as long at least. */
const MOST = 32;
/** Completed runs after which one is forgotten. */
const REMEMBERED_FOR = 256;
/** Times where it was cut off; twice after two in a row, so that a limit far too short is left soon. */
const LONGER = 1.5;
const LONGER_IN_A_ROW = 2;
const FEW_IN_A_ROW = 2;
/** The ceiling, times the longest that completed. */
const CEILING = 4;
/** Beyond `enoughMs`, so many in a row double the ceiling; one that gave signs of life doubles it twice. */
const DOUBLED_BY = 8;
const DOUBLINGS_ALIVE = 2;
const MOST_DOUBLINGS = 10;
const NONE: CutOffState = { cutOff: [], row: 0, aliveRow: 0, guessMs: 0 };

export class CutOffRuns {
  #runs: CutOffRun[];
  #row: number;
  #aliveRow: number;
  #guessMs: number;
  /** The least `after`. */
  #oldest = Number.POSITIVE_INFINITY;

  /** `enoughMs`: as long as a limit may be of which nothing is known. */
  constructor(
    readonly enoughMs: number,
    { cutOff, row, aliveRow, guessMs }: CutOffState = NONE,
  ) {
    this.#runs = cutOff.toSorted((a, b) => b.ms - a.ms).slice(0, MOST);
    this.#row = row;
    this.#aliveRow = aliveRow;
    this.#guessMs = guessMs;
    this.#findOldest();
  }

  get size(): number {
    return this.#runs.length;
  }

  /** How many are taken to be longer than `ms`. */
  above(ms: number): number {
    let longer = 0;
    for (const run of this.#runs) if (run.ms > ms) longer++;
    return longer;
  }

  /** With `completed` runs before it, the longest of the window `longestMs` (0: none). */
  add(
    { ms, isAlive, guessMs }: TimedOut,
    longestMs: number,
    completed: number,
  ): void {
    this.#guessMs = Math.max(this.#guessMs, guessMs);
    this.#row++;
    if (isAlive) this.#aliveRow++;
    const longer = this.#row > FEW_IN_A_ROW ? LONGER_IN_A_ROW : LONGER;
    let taken = Math.max(ms, Math.min(longer * ms, this.ceilingMs(longestMs)));
    if (this.#runs.length >= MOST) {
      const at = this.#runs.findIndex(({ after }) => after === this.#oldest);
      const [oldest] = this.#runs.splice(at, 1);
      taken = Math.max(taken, oldest?.ms ?? 0);
    }
    const at = this.#runs.findIndex((run) => run.ms < taken);
    const run = { ms: taken, after: completed };
    this.#runs.splice(at === -1 ? this.#runs.length : at, 0, run);
    this.#findOldest();
  }

  /** The `completed`-th run has completed. */
  completed(completed: number): void {
    this.#row = Math.max(0, this.#row - 1);
    this.#aliveRow = Math.max(0, this.#aliveRow - 1);
    if (completed - this.#oldest > REMEMBERED_FOR)
      this.keepSince(completed - REMEMBERED_FOR);
  }

  /** Forgets those that fewer than `completed` completed runs came before. */
  keepSince(completed: number): void {
    this.#runs = this.#runs.filter(({ after }) => after >= completed);
    this.#findOldest();
  }

  /**
   * How long a limit they may ask for, ms. Grows with their number and doubles with each one in a row as far
   * as `enoughMs`; beyond, slowly, unless they gave signs of life: so work that has become longer for good
   * gets through, and what hangs now and then does not.
   */
  ceilingMs(longestMs: number): number {
    const base = CEILING * (longestMs > 0 ? longestMs : this.#guessMs);
    const row = Math.max(0, this.#row - FEW_IN_A_ROW);
    const grown =
      base *
      Math.max(
        1 + Math.log2(1 + this.#runs.length) / 2,
        2 ** Math.min(MOST_DOUBLINGS, row),
      );
    const ceiling = Math.max(base, Math.min(grown, this.enoughMs));
    if (longestMs <= 0) return ceiling;
    const doublings = row / DOUBLED_BY + DOUBLINGS_ALIVE * this.#aliveRow;
    return ceiling * 2 ** Math.min(MOST_DOUBLINGS, doublings);
  }

  /** The `rank`-th longest (from 1) of these and those of the window together; 0 where there are not so many. */
  largestWith(window: RunWindow, rank: number): number {
    let ofWindow = 1;
    let own = 0;
    let ms = 0;
    for (let left = rank; left > 0; left--) {
      const completed = window.largest(ofWindow);
      const cutOff = this.#runs[own]?.ms ?? 0;
      if (completed >= cutOff) {
        ms = completed;
        ofWindow++;
      } else {
        ms = cutOff;
        own++;
      }
    }
    return ms;
  }

  snapshot(): CutOffState {
    return {
      cutOff: [...this.#runs],
      row: this.#row,
      aliveRow: this.#aliveRow,
      guessMs: this.#guessMs,
    };
  }

  #findOldest(): void {
    this.#oldest = Number.POSITIVE_INFINITY;
    for (const { after } of this.#runs)
      this.#oldest = Math.min(this.#oldest, after);
  }
}
