/**
 * Keeps crash loops bounded. A worker that dies with tasks in hand is charged to those tasks: what
 * they have in common (a module, the very same script) is suspect, and waits if it kills again and
 * again; a kind of which many different tasks kill is suspect as a whole, save those of its tasks
 * that have shown better. A worker that dies without a task is charged to its seat (it and those
 * that replace it) and, if it never did any, to the pool. What is over its limit waits; the rest goes on.
 */

import {
  isForgiven,
  KIND_LIMIT,
  noteDeath,
  POOL_LIMIT,
  type RestartIntensity,
  SEAT_LIMIT,
  TASK_LIMIT,
  UNHARMED,
  waitMsOf,
} from "./restart-intensity.ts";

/** The end of a worker that had been ready. */
export interface Crash {
  readonly seat: number | undefined;
  /** The jobs it had. */
  readonly lost: readonly (Accused & {
    readonly ending: { readonly type: string } | null;
  })[];
  readonly tasksDone: number;
  /** It was to go anyway: no seat and no pool suffered. */
  readonly wasLetGo: boolean;
}

/** A task as the guard knows it. */
export interface Accused {
  /** What tasks that fail alike have in common. */
  readonly crashKey: string;
  readonly task: {
    readonly kind: { readonly name: string };
    readonly session: string | null;
  };
}

/** One client's sloppy scripts make nobody else's suspect. */
const groupOf = ({ task }: Accused): string =>
  `${task.kind.name} ${task.session ?? ""}`;

/** Different tasks of a kind that killed a worker lately: from here on the kind is suspect. */
const SUSPECT_DEATHS = 3;
/** Before what killed a worker gets the next one, ms: by then the dead one is replaced. */
const BREATH_MS = 100;
/** Tasks that left their worker alive while their kind was suspect, remembered. */
const MAX_PROVEN = 1_000;

export class CrashGuard {
  readonly #seats: RestartIntensity[];
  /** The last to be vacated is taken first: who replaces a dead worker inherits its history. */
  readonly #free: number[];
  #pool = UNHARMED;
  /** What killed workers, by what it has in common, until it is forgiven. */
  readonly #keys = new Map<string, RestartIntensity>();
  /** Kinds, by session, of which it killed. */
  readonly #groups = new Map<string, RestartIntensity>();
  readonly #proven = new Set<string>();

  constructor(seats: number) {
    this.#seats = Array<RestartIntensity>(seats).fill(UNHARMED);
    this.#free = Array.from({ length: seats }, (_, seat) => seats - 1 - seat);
  }

  /** No task killed a worker lately. */
  get isQuiet(): boolean {
    return this.#keys.size === 0 && this.#groups.size === 0;
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

  /** Counts it where it belongs. */
  workerDied({ seat, lost, tasksDone, wasLetGo }: Crash, now: number): void {
    if (endedByUs(lost)) return;
    for (const accused of new Map(lost.map((it) => [it.crashKey, it])).values())
      this.taskKilled(accused, now);
    if (wasLetGo || lost.length > 0) return;
    if (seat !== undefined) this.seatDied(seat, now);
    if (tasksDone === 0) this.poolDied(now);
  }

  /** Its worker died, and not because we ended it. */
  seatDied(seat: number, now: number): void {
    this.#seats[seat] = noteDeath(this.#seat(seat), now, SEAT_LIMIT);
  }

  /** A start failed, or a worker died that had no task to blame. */
  poolDied(now: number): void {
    this.#pool = noteDeath(this.#pool, now, POOL_LIMIT);
  }

  /** A worker died with it in hand. */
  taskKilled(accused: Accused, now: number): void {
    const { crashKey } = accused;
    this.#proven.delete(crashKey);
    const before = this.#keys.get(crashKey);
    this.#keys.set(crashKey, noteDeath(before ?? UNHARMED, now, TASK_LIMIT));
    // The same one again says nothing new of its kind, until that is suspect.
    const group = groupOf(accused);
    if (before !== undefined && !this.#isSuspectGroup(group)) return;
    const ofGroup = this.#groups.get(group) ?? UNHARMED;
    this.#groups.set(group, noteDeath(ofGroup, now, KIND_LIMIT));
  }

  /** Until it may run again, ms. */
  taskWaitMs(accused: Accused, now: number): number {
    const { crashKey } = accused;
    const group = groupOf(accused);
    const own = this.#keys.get(crashKey) ?? UNHARMED;
    const lastAt = own.deaths.at(-1) ?? Number.NEGATIVE_INFINITY;
    const ownMs = Math.max(waitMsOf(own, now), lastAt + BREATH_MS - now);
    return this.#isSuspectGroup(group) && !this.#proven.has(crashKey)
      ? Math.max(ownMs, waitMsOf(this.#groups.get(group) ?? UNHARMED, now))
      : Math.max(0, ownMs);
  }

  /** It may kill its worker: to be run alone, one such task at a time. */
  isSuspect(accused: Accused): boolean {
    const { crashKey } = accused;
    return (
      this.#keys.has(crashKey) ||
      (this.#isSuspectGroup(groupOf(accused)) && !this.#proven.has(crashKey))
    );
  }

  /** It ended, and its worker lives. */
  survived(accused: Accused): void {
    const { crashKey } = accused;
    const group = groupOf(accused);
    this.#keys.delete(crashKey);
    if (this.#proven.size >= MAX_PROVEN) this.#proven.clear();
    this.#proven.add(crashKey);
    // The next of its kind may be a good one too.
    const ofGroup = this.#groups.get(group);
    if (ofGroup !== undefined)
      this.#groups.set(group, {
        ...ofGroup,
        until: Number.NEGATIVE_INFINITY,
      });
  }

  /** Forgets what killed nobody for a whole window. False if any is left: ask again later. */
  forgive(now: number): boolean {
    for (const killers of [this.#keys, this.#groups])
      for (const [name, deaths] of killers)
        if (isForgiven(deaths, now, TASK_LIMIT)) killers.delete(name);
    if (this.isQuiet) this.#proven.clear();
    return this.isQuiet;
  }

  #isSuspectGroup(group: string): boolean {
    return (this.#groups.get(group)?.deaths.length ?? 0) >= SUSPECT_DEATHS;
  }

  #seat(seat: number): RestartIntensity {
    return this.#seats[seat] ?? UNHARMED;
  }
}

/** Cancelled, timed out, or shut down; too much memory is the task's doing. */
const endedByUs = (lost: Crash["lost"]): boolean =>
  lost.some(({ ending }) => ending !== null && ending.type !== "too_large");
