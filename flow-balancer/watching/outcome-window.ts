/**
 * What ended lately, on all servers of the home, in buckets of 5 s up to an hour back: counts and
 * histograms, so that any rate takes the same memory. Outcomes are read once each, by `seq`: first back
 * from the newest, then what is new. One row is one attempt that ended.
 */

import type { Database, Statement } from "bun:sqlite";
import type { TerminalState } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import type { EpochMs } from "../core/time.ts";
import { LogHistogram } from "./log-histogram.ts";
import { turn } from "./turn.ts";

export const STEP_MS = 5_000;
export const BUCKETS = 720;
/** Read in one go: about 2 ms. */
const SLICE = 2_000;
/** Looked back at most so far, at the start; a chart begins later then. */
const MAX_BACK = 200_000;

export interface EndedRow {
  readonly seq: number;
  readonly taskSeq: number | null;
  readonly state: TerminalState;
  readonly tier: Tier | null;
  readonly waitMs: number | null;
  readonly startMs: number | null;
  readonly runMs: number | null;
  readonly settledAt: number;
}

/** What ended within some time. */
export class EndedSum {
  settled = 0;
  failed = 0;
  cancelled = 0;
  readonly tiers: Record<Tier, number> = { hot: 0, warm: 0, cold: 0 };
  readonly wait = new LogHistogram();
  readonly start = new LogHistogram();
  readonly run = new LogHistogram();

  add({ state, tier, waitMs, startMs, runMs }: EndedRow): void {
    this.settled++;
    // What somebody wanted cancelled has not failed.
    if (state === "cancelled") this.cancelled++;
    else if (state !== "completed") this.failed++;
    if (tier !== null && Object.hasOwn(this.tiers, tier)) this.tiers[tier]++;
    if (waitMs !== null) this.wait.add(waitMs);
    if (startMs !== null) this.start.add(startMs);
    if (runMs !== null) this.run.add(runMs);
  }

  addAll(other: EndedSum): void {
    this.settled += other.settled;
    this.failed += other.failed;
    this.cancelled += other.cancelled;
    for (const tier of ["hot", "warm", "cold"] as const)
      this.tiers[tier] += other.tiers[tier];
    this.wait.addAll(other.wait);
    this.start.addAll(other.start);
    this.run.addAll(other.run);
  }
}

export class OutcomeWindow {
  readonly #now: () => EpochMs;
  readonly #before: Statement<EndedRow, [number, number]>;
  readonly #after: Statement<EndedRow, [number, number]>;
  /** By the number of their step since the epoch. */
  readonly #buckets = new Map<number, EndedSum>();
  /** Of the newest that was read; null: none was looked for yet. */
  #seq: number | null = null;
  /** Everything that ended since then is known, epoch ms. */
  #since = Number.POSITIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(raw: Database, now: () => EpochMs) {
    this.#now = now;
    this.#before = raw.prepare(
      `SELECT ${COLUMNS} FROM outcomes WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2`,
    );
    this.#after = raw.prepare(
      `SELECT ${COLUMNS} FROM outcomes WHERE seq > ?1 ORDER BY seq LIMIT ?2`,
    );
  }

  /** Resolves once all that was stored until now is known, as far back as is looked. One at a time. */
  caughtUp(): Promise<void> {
    return (this.#reading ??= this.#read().finally(
      () => (this.#reading = undefined),
    ));
  }

  /** Of the newest that was read. */
  get seq(): number {
    return this.#seq ?? 0;
  }

  /** The last `ms`, with how much of that is known, ms. */
  sum(ms: number): { readonly sum: EndedSum; readonly knownMs: number } {
    const now = this.#now();
    const sum = new EndedSum();
    const first = stepOf(now - ms) + 1;
    for (const [step, bucket] of this.#buckets)
      if (step >= first && step <= stepOf(now)) sum.addAll(bucket);
    const begin = Math.max(first * STEP_MS, this.#since);
    return { sum, knownMs: Math.max(0, now - begin) };
  }

  /** Of the step that began at `at`: null if not all of it is known. */
  at(at: number): EndedSum | null {
    if (at < this.#since) return null;
    return this.#buckets.get(stepOf(at)) ?? NOTHING;
  }

  async #read(): Promise<void> {
    if (this.#seq === null) await this.#readBack();
    for (;;) {
      const rows = this.#after.all(this.#seq ?? 0, SLICE);
      for (const row of rows) this.#add(row);
      this.#seq = rows.at(-1)?.seq ?? this.#seq;
      if (rows.length < SLICE) break;
      await turn();
    }
    this.#forget();
  }

  /** From the newest on, until an hour is known. */
  async #readBack(): Promise<void> {
    const oldest = (stepOf(this.#now()) - BUCKETS) * STEP_MS;
    let before = Number.MAX_SAFE_INTEGER;
    let newest = 0;
    for (let read = 0; read < MAX_BACK; read += SLICE) {
      const rows = this.#before.all(before, SLICE);
      newest ||= rows[0]?.seq ?? 0;
      for (const row of rows) this.#add(row);
      const last = rows.at(-1);
      if (last !== undefined) {
        before = last.seq;
        this.#since = last.settledAt;
      }
      if (rows.length < SLICE || (last?.settledAt ?? 0) < oldest) {
        this.#since = oldest;
        break;
      }
      await turn();
    }
    this.#seq = newest;
  }

  #add(row: EndedRow): void {
    const now = this.#now();
    // By the clock of another server it may be yet to come.
    const step = Math.min(stepOf(row.settledAt), stepOf(now));
    if (step < stepOf(now) - BUCKETS) return;
    let bucket = this.#buckets.get(step);
    if (bucket === undefined)
      this.#buckets.set(step, (bucket = new EndedSum()));
    bucket.add(row);
  }

  #forget(): void {
    const oldest = stepOf(this.#now()) - BUCKETS;
    for (const step of this.#buckets.keys())
      if (step < oldest) this.#buckets.delete(step);
  }
}

const COLUMNS =
  "seq, task_seq AS taskSeq, state, tier, wait_ms AS waitMs, start_ms AS startMs, run_ms AS runMs, settled_at AS settledAt";

const NOTHING = new EndedSum();

const stepOf = (at: number): number => Math.floor(at / STEP_MS);
