/** All that is kept of one expert: its head, and its tallies in all, by type, and for tasks another had failed at. */

import { type HeadSnapshot, LogisticHead } from "./logistic-head.ts";
import { NO_RUNS, restoredTally, sumOf, type Tally } from "./expert-tally.ts";

export interface RecordSnapshot {
  readonly head: HeadSnapshot;
  readonly all: Tally;
  readonly afterFailure: Tally;
  readonly types: Readonly<Record<string, Tally>>;
}

/** Beyond these the type with the fewest runs is forgotten: 200 bytes each. */
const MAX_TYPES = 1_024;

export class ExpertRecord {
  #all = NO_RUNS;
  #afterFailure = NO_RUNS;
  readonly #types = new Map<string, Tally>();

  constructor(readonly head: LogisticHead) {}

  get all(): Tally {
    return this.#all;
  }

  get afterFailure(): Tally {
    return this.#afterFailure;
  }

  ofType(type: string): Tally {
    return this.#types.get(type) ?? NO_RUNS;
  }

  add(type: string, tally: Tally, isAfterFailure: boolean): void {
    this.#all = sumOf(this.#all, tally);
    this.#addType(type, tally);
    if (isAfterFailure) this.#afterFailure = sumOf(this.#afterFailure, tally);
  }

  merge(other: ExpertRecord): void {
    this.head.merge(other.head);
    this.#all = sumOf(this.#all, other.#all);
    this.#afterFailure = sumOf(this.#afterFailure, other.#afterFailure);
    for (const [type, tally] of other.#types) this.#addType(type, tally);
  }

  snapshot(): RecordSnapshot {
    return {
      head: this.head.snapshot(),
      all: this.#all,
      afterFailure: this.#afterFailure,
      types: Object.fromEntries(this.#types),
    };
  }

  static restore(snapshot: RecordSnapshot, size: number): ExpertRecord {
    const record = new ExpertRecord(LogisticHead.restore(snapshot.head, size));
    record.#all = restoredTally(snapshot.all);
    record.#afterFailure = restoredTally(snapshot.afterFailure);
    for (const [type, tally] of Object.entries(snapshot.types))
      record.#addType(type, restoredTally(tally));
    return record;
  }

  #addType(type: string, tally: Tally): void {
    if (!this.#types.has(type) && this.#types.size >= MAX_TYPES)
      this.#forgetRarest();
    this.#types.set(type, sumOf(this.ofType(type), tally));
  }

  #forgetRarest(): void {
    let rarest: string | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [type, { runs }] of this.#types)
      if (runs < fewest) [rarest, fewest] = [type, runs];
    if (rarest !== null) this.#types.delete(rarest);
  }
}
