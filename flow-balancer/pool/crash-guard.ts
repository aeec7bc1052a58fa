/**
 * Keeps crash loops bounded on three levels: a seat (a worker and those that replace it), the pool
 * (starts that fail, deaths that no task is to blame for), and a kind whose tasks kill their
 * workers. What is over its limit waits; the rest goes on.
 */

import {
  isForgiven,
  isOnTrial,
  LINEAGE_LIMIT,
  noteDeath,
  POOL_LIMIT,
  type RestartIntensity,
  UNHARMED,
  waitMsOf,
} from "./restart-intensity.ts";

/** The end of a worker that had been ready. */
export interface Crash {
  readonly seat: number | undefined;
  /** The jobs it had. */
  readonly lost: readonly {
    readonly ending: { readonly type: string } | null;
    /** What tasks that fail alike have in common. */
    readonly crashKey: string;
  }[];
  readonly tasksDone: number;
  /** It was to go anyway: no seat and no pool suffered. */
  readonly wasLetGo: boolean;
}

export class CrashGuard {
  readonly #seats: RestartIntensity[];
  /** The last to be vacated is taken first: who replaces a dead worker inherits its history. */
  readonly #free: number[];
  #pool = UNHARMED;
  /** Only those whose tasks killed workers, until they are forgiven. */
  readonly #kinds = new Map<
    string,
    { crashes: RestartIntensity; trials: number }
  >();

  constructor(seats: number) {
    this.#seats = Array<RestartIntensity>(seats).fill(UNHARMED);
    this.#free = Array.from({ length: seats }, (_, seat) => seats - 1 - seat);
  }

  /** No task killed a worker lately. */
  get isQuiet(): boolean {
    return this.#kinds.size === 0;
  }

  /** Until a worker may be started, ms; 0: now. Infinity: every seat is taken. */
  waitMs(now: number): number {
    let seatMs = Number.POSITIVE_INFINITY;
    for (const seat of this.#free)
      seatMs = Math.min(seatMs, waitMsOf(this.#seat(seat), now));
    return Math.max(seatMs, waitMsOf(this.#pool, now));
  }

  /** A seat for a worker that is started now; null: `waitMs` is not 0. */
  takeSeat(now: number): number | null {
    if (waitMsOf(this.#pool, now) > 0) return null;
    const at = this.#free.findLastIndex(
      (seat) => waitMsOf(this.#seat(seat), now) === 0,
    );
    return this.#free.splice(at, at < 0 ? 0 : 1)[0] ?? null;
  }

  leaveSeat(seat: number): void {
    this.#free.push(seat);
  }

  /** Counts it where it belongs. Returns, for kinds that now have to wait, how long, ms. */
  workerDied(
    { seat, lost, tasksDone, wasLetGo }: Crash,
    now: number,
  ): number[] {
    const kinds = [...new Set(lost.map(({ crashKey }) => crashKey))];
    if (endedByUs(lost)) {
      for (const kind of kinds) this.#tryAgain(kind);
      return [];
    }
    if (!wasLetGo) {
      if (seat !== undefined) this.seatDied(seat, now);
      if (lost.length === 0 && tasksDone === 0) this.poolDied(now);
    }
    return kinds
      .map((kind) => this.kindDied(kind, now))
      .filter((waitMs) => waitMs > 0);
  }

  /** Its worker died, and not because we ended it. */
  seatDied(seat: number, now: number): void {
    this.#seats[seat] = noteDeath(this.#seat(seat), now, LINEAGE_LIMIT);
  }

  /** A start failed, or a worker died that had no task to blame. */
  poolDied(now: number): void {
    this.#pool = noteDeath(this.#pool, now, POOL_LIMIT);
  }

  /** A worker died of tasks of this kind. Returns for how long none of them is to run, ms. */
  kindDied(kind: string, now: number): number {
    const before = this.#kinds.get(kind)?.crashes ?? UNHARMED;
    const crashes = noteDeath(before, now, LINEAGE_LIMIT);
    this.#kinds.set(kind, { crashes, trials: 0 });
    return waitMsOf(crashes, now);
  }

  /** Until tasks of the kind may run again, ms. */
  kindWaitMs(kind: string, now: number): number {
    const known = this.#kinds.get(kind);
    return known === undefined ? 0 : waitMsOf(known.crashes, now);
  }

  /** A kind that had to wait is tried with one task; only if that one leaves its worker alive do others follow. */
  mayRun(kind: string, now: number): boolean {
    const known = this.#kinds.get(kind);
    if (known === undefined) return true;
    if (waitMsOf(known.crashes, now) > 0) return false;
    return !isOnTrial(known.crashes) || known.trials === 0;
  }

  began(kind: string): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined && isOnTrial(known.crashes)) known.trials++;
  }

  /** A task of the kind ended and its worker lives. */
  survived(kind: string): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined && known.trials > 0) this.#kinds.delete(kind);
  }

  /** Forgets the kinds that killed nobody for a whole window. False if any is left: ask again later. */
  forgive(now: number): boolean {
    for (const [kind, { crashes }] of this.#kinds)
      if (isForgiven(crashes, now, LINEAGE_LIMIT)) this.#kinds.delete(kind);
    return this.#kinds.size === 0;
  }

  /** Its trial was ended by us and tells nothing. */
  #tryAgain(kind: string): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined) known.trials = 0;
  }

  #seat(seat: number): RestartIntensity {
    return this.#seats[seat] ?? UNHARMED;
  }
}

/** Cancelled, timed out, or shut down; too much memory is the task's doing. */
const endedByUs = (lost: Crash["lost"]): boolean =>
  lost.some(({ ending }) => ending !== null && ending.type !== "too_large");
