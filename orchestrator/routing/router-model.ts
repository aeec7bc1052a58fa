/**
 * How likely each expert is to do a task well, learned from outcomes alone. Log-odds are the sum of three
 * parts: how hard the text is for all experts (a shared head, at half weight), what the text says of this
 * one (its own head), and what its outcomes of this type of task say beyond both (a shrunk residual).
 * The shared head is what an expert of whom little is known starts from.
 */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { ExpertRecord, type RecordSnapshot } from "./expert-record.ts";
import {
  chance,
  logit,
  NO_RUNS,
  residual,
  restoredTally,
  successShare,
  sumOf,
  type Tally,
} from "./expert-tally.ts";
import { type Features, SHAPES } from "./features.ts";
import { WORD_PLACES } from "./hashed-words.ts";
import {
  type HeadSnapshot,
  LogisticHead,
  type SparseVector,
} from "./logistic-head.ts";
import { WordCounts, type WordCountsSnapshot } from "./hashed-counts.ts";

/** What one run showed. */
export interface RoutedRun {
  readonly expert: string;
  /** Done, and done well where that was checked. */
  readonly isSuccess: boolean;
  /** Whether another expert had failed at the same task before. */
  readonly isAfterFailure: boolean;
  /** Null where unknown. */
  readonly cost: number | null;
  readonly runMs: number | null;
}

/** What is known of an expert when a task of a type comes. */
export interface ExpertView {
  /** Of all its runs, and of those of the type. */
  readonly all: Tally;
  readonly own: Tally;
  /** Of success, in log-odds; and where another expert has failed at the task. */
  readonly logOdds: number;
  readonly afterFailure: number;
}

export interface ModelSnapshot {
  readonly version: 1;
  readonly words: WordCountsSnapshot;
  readonly shared: HeadSnapshot;
  readonly all: Tally;
  readonly experts: Readonly<Record<string, RecordSnapshot>>;
}

/** Chosen by cross-validation on a part that no figure is given for; so are the weights below. */
const SHARED_WEIGHT = 0.5;
const RESIDUAL_WEIGHT = 0.7;
const WORDS_WEIGHT = 1.5;
const BIAS = 0.3;
/** What a word never seen counts for the length: it says nothing yet, but that less is known. */
const UNSEEN_SHARE = 0.25;
/** Half a megabyte each; also those that are configured no more. Beyond these the one with the fewest runs is forgotten. */
const MAX_EXPERTS = 64;
const SIZE = WORD_PLACES + SHAPES + 1;

/** Holds at most 64 experts: 0.5 MB and 1,024 types each. */
export class RouterModel {
  readonly #words = new WordCounts();
  readonly #shared = new LogisticHead(SIZE);
  readonly #experts = new Map<string, ExpertRecord>();
  #all = NO_RUNS;

  get runs(): number {
    return this.#all.runs;
  }

  /** As the heads take it: words by rarity, to length 1.5 in all, then the shape. */
  vectorOf({ words, shape }: Features): SparseVector {
    const length = words.length + SHAPES + 1;
    const places = new Uint32Array(length);
    const values = new Float64Array(length);
    let squares = 0;
    for (let i = 0; i < words.length; i++) {
      const place = words[i] ?? 0;
      const rarity = this.#words.rarity(place);
      places[i] = place;
      values[i] = rarity;
      const share = this.#words.has(place) ? 1 : UNSEEN_SHARE;
      squares += share * rarity * rarity;
    }
    const scale = WORDS_WEIGHT / Math.sqrt(squares || 1);
    for (let i = 0; i < words.length; i++) values[i] = (values[i] ?? 0) * scale;
    for (let i = 0; i <= SHAPES; i++) {
      places[words.length + i] = WORD_PLACES + i;
      values[words.length + i] = i < SHAPES ? (shape[i] ?? 0) : BIAS;
    }
    return { places, values, length };
  }

  /** How hard the text is for all, in log-odds: worked out once for all experts. */
  sharedScore(vector: SparseVector): number {
    return SHARED_WEIGHT * this.#shared.score(vector);
  }

  /** What is known of an expert for a task of `type`; `shared` of `sharedScore`. */
  viewOf(
    expert: string,
    type: string,
    vector: SparseVector,
    shared: number,
  ): ExpertView {
    const record = this.#experts.get(expert);
    if (record === undefined) {
      const logOdds = logit(this.#priorOf(NO_RUNS)) + shared;
      return { all: NO_RUNS, own: NO_RUNS, logOdds, afterFailure: logOdds };
    }
    const { all } = record;
    const own = record.ofType(type);
    const prior = this.#priorOf(all);
    const logOdds =
      shared +
      record.head.score(vector) +
      RESIDUAL_WEIGHT * residual(own, prior);
    return {
      all,
      own,
      logOdds,
      afterFailure: logOdds + residual(record.afterFailure, prior),
    };
  }

  /** Learns from one run. The chance it had promised is taken before. */
  observe(features: Features, run: RoutedRun): void {
    const { expert, isSuccess, isAfterFailure, cost, runMs } = run;
    const record = this.#recordOf(expert);
    const vector = this.vectorOf(features);
    const text = this.sharedScore(vector) + record.head.score(vector);
    const promised = chance(text);
    const outcome = isSuccess ? 1 : 0;
    const isTimed = runMs !== null && runMs > 0;
    const tally = {
      runs: 1,
      successes: outcome,
      promised,
      cost: cost ?? 0,
      costed: cost === null ? 0 : 1,
      logMs: isTimed ? Math.log(runMs) : 0,
      timed: isTimed ? 1 : 0,
    };
    record.add(features.type, tally, isAfterFailure);
    this.#all = sumOf(this.#all, tally);
    record.head.learn(vector, promised - outcome);
    this.#shared.learn(vector, SHARED_WEIGHT * (promised - outcome));
    this.#words.add(features.words);
  }

  /** Takes in what another model learned from other runs: counts exactly, heads as the mean by evidence. */
  merge(other: RouterModel): void {
    this.#words.merge(other.#words);
    this.#shared.merge(other.#shared);
    this.#all = sumOf(this.#all, other.#all);
    for (const [name, record] of other.#experts)
      this.#recordOf(name).merge(record);
  }

  snapshot(): ModelSnapshot {
    return {
      version: 1,
      words: this.#words.snapshot(),
      shared: this.#shared.snapshot(),
      all: this.#all,
      experts: Object.fromEntries(
        [...this.#experts].map(([name, record]) => [name, record.snapshot()]),
      ),
    };
  }

  /** Throws INVALID_INPUT for what `snapshot` did not write. */
  static restore(snapshot: ModelSnapshot): RouterModel {
    if (snapshot.version !== 1)
      throw new BalancerError(
        "INVALID_INPUT",
        `what the router learned is stored as version ${String(snapshot.version)}; this one reads 1`,
        { hint: "Learn it again from the outcomes." },
      );
    const model = new RouterModel();
    model.#words.restore(snapshot.words);
    model.#shared.merge(LogisticHead.restore(snapshot.shared, SIZE));
    model.#all = restoredTally(snapshot.all);
    for (const [name, record] of Object.entries(snapshot.experts))
      model.#experts.set(name, ExpertRecord.restore(record, SIZE));
    return model;
  }

  /** An expert's own share of successes, shrunk towards that of all, and this towards one half. */
  #priorOf(all: Tally): number {
    return successShare(all, successShare(this.#all, 0.5));
  }

  #recordOf(name: string): ExpertRecord {
    const known = this.#experts.get(name);
    if (known !== undefined) return known;
    if (this.#experts.size >= MAX_EXPERTS) this.#forgetRarest();
    const record = new ExpertRecord(new LogisticHead(SIZE));
    this.#experts.set(name, record);
    return record;
  }

  #forgetRarest(): void {
    let rarest: string | null = null;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [name, { all }] of this.#experts)
      if (all.runs < fewest) [rarest, fewest] = [name, all.runs];
    if (rarest !== null) this.#experts.delete(rarest);
  }
}
