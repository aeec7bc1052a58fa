/**
 * How long a run may take, learned from how long runs took. Each bucket of a kind has its own history;
 * while that is short, the kind's decides, and for a kind that is new, all kinds' together, where they are
 * many; else it is given no less than what is configured. A fold: the same outcomes in the same order
 * give the same limits, wherever they are learned; asking changes nothing.
 */

import type { Outcome } from "../../flow-balancer/core/outcome.ts";
import type {
  LimitBasis,
  RunLimit,
} from "../../flow-balancer/core/run-limit.ts";
import type { KindTimeouts } from "../../flow-balancer/core/timeout-stats.ts";
import {
  type DeadlineSnapshot,
  readDeadlineSnapshot,
  SNAPSHOT_VERSION,
} from "./deadline-snapshot.ts";
import {
  type MissTargets,
  RunHistory,
  type RunHistoryState,
  type Threshold,
} from "./run-history.ts";
import { RecentSketch } from "./run-history-sketch.ts";
import { bucketTimeouts, kindTimeouts } from "./timeout-stats.ts";

/** What a limit learns from. */
export type ObservedRun = Pick<
  Outcome,
  "kind" | "bucket" | "state" | "runMs" | "hasBeats"
>;

export interface DeadlineOptions {
  /** Of 1,000 runs that give no signs of life, so many may be longer than their limit; 1 to 200. */
  readonly missesPerThousand: number;
  /** No limit is shorter or longer, ms. */
  readonly minMs: number;
  readonly maxMs: number;
  /** While nothing is known, ms. */
  readonly defaultMs: number;
  /** Buckets of all kinds that are remembered, and kinds; the one not seen for the longest goes first. 2,000. */
  readonly maxKeys?: number;
}

interface Kind {
  readonly history: RunHistory;
  readonly sketch: RecentSketch;
  /** Its buckets that were seen. */
  buckets: number;
}

interface Guess {
  readonly ms: number;
  readonly basis: LimitBasis;
  readonly n: number;
}

const MAX_KEYS = 2_000;
/** With signs of life a run may go on for so many times its limit. */
const EXTENSION = 4;
/** Twice as many may be longer than the soft limit, which ends only what is silent. */
const SOFT_TARGETS = 2;
/** A bucket with fewer runs than this is judged by its kind. */
const OWN_RUNS = 10;
/** A run takes long that takes so many times what this share of its like is over in: one that is a little longer is as good as over. */
const LONG_TIMES = 1.25;
const LONG_SHARE = 0.95;
/** From so many on, by itself alone; between, by both: its own share is n / (n + BLEND). */
const OWN_ALONE = 50;
const BLEND = 5;
/** Kinds, and all kinds together, say something from so many runs on; their limit is taken so many times, since a new bucket may be another thing. */
const GROUP_RUNS = 20;
/** Of fewer different members, however often they ran, one that is new may take any time: no less than what is configured then. */
const GROUP_MEMBERS = 10;
const GROUP_FACTOR = 1.5;
/** ms; a clock has no finer steps that matter, and a logarithm needs something above 0. */
const SHORTEST_MS = 0.001;
const KEY_SEPARATOR = "\u0000";

export class DeadlineLearner {
  readonly #options: DeadlineOptions;
  readonly #targets: MissTargets;
  readonly #maxKeys: number;
  /** Least recently observed first. */
  readonly #kinds = new Map<string, Kind>();
  readonly #buckets = new Map<string, RunHistory>();
  #all: RunHistory;

  constructor(options: DeadlineOptions) {
    const single = options.missesPerThousand / 1_000;
    this.#options = options;
    this.#targets = { single, soft: SOFT_TARGETS * single };
    this.#maxKeys = options.maxKeys ?? MAX_KEYS;
    this.#all = this.#newHistory();
  }

  /** `snapshot` is data from outside. Throws INVALID_INPUT for what is none. */
  static restore(options: DeadlineOptions, snapshot: unknown): DeadlineLearner {
    const learner = new DeadlineLearner(options);
    const { all, kinds, buckets } = readDeadlineSnapshot(snapshot);
    learner.#all = learner.#newHistory(all);
    for (const { kind, history, sketch } of kinds)
      learner.#touch(learner.#kinds, kind, {
        history: learner.#newHistory(history),
        sketch: new RecentSketch(sketch),
        buckets: buckets.filter((it) => it.kind === kind).length,
      });
    for (const { kind, bucket, history } of buckets)
      learner.#touch(
        learner.#buckets,
        keyOf(kind, bucket),
        learner.#newHistory(history),
      );
    return learner;
  }

  /** For the next run of `kind` and `bucket` (core/learning-key.ts). */
  limit(kind: string, bucket: string): RunLimit {
    const { minMs, maxMs } = this.#options;
    const own = this.#buckets.get(keyOf(kind, bucket));
    const { ms, basis, n } = this.#limitOf(
      kind,
      own,
      this.#thresholdOf(kind, own),
    );
    const softMs = Math.min(maxMs, Math.max(minMs, Math.ceil(ms)));
    return { softMs, maxMs: Math.min(maxMs, EXTENSION * softMs), basis, n };
  }

  /** After so many ms a run of `kind` and `bucket` is one of the few that take long; null: too few were seen to tell. */
  longRunMs(kind: string, bucket: string): number | null {
    const window = this.#buckets.get(keyOf(kind, bucket))?.window;
    return window === undefined || window.size < OWN_ALONE
      ? null
      : LONG_TIMES * window.quantile(LONG_SHARE);
  }

  /** Takes completed runs and timeouts; what ended for another reason says nothing of how long it would have taken. */
  observe({ kind, bucket, state, runMs, hasBeats }: ObservedRun): void {
    if (runMs === null || !Number.isFinite(runMs) || runMs < 0) return;
    if (state !== "completed" && state !== "timed_out") return;
    const ms = Math.max(SHORTEST_MS, runMs);
    // By what was known before the run.
    const guessMs = state === "timed_out" ? this.#guess(kind, "single").ms : 0;
    const { history, sketch } = this.#kindOf(kind);
    for (const it of [this.#bucketOf(kind, bucket), history, this.#all])
      if (state === "completed") it.completedIn(ms, hasBeats);
      else it.timedOut({ ms, isAlive: hasBeats, guessMs });
    if (state === "completed") sketch.add(ms);
  }

  /** The one that ran last is the last. */
  get kinds(): string[] {
    return [...this.#kinds.keys()];
  }

  /** Of `kind`, or of all kinds, by name. Kinds and buckets that were forgotten are left out. */
  summary(kind?: string): KindTimeouts[] {
    const names = kind === undefined ? [...this.#kinds.keys()].sort() : [kind];
    return names.flatMap((name) => {
      const known = this.#kinds.get(name);
      return known === undefined ? [] : [this.#statsOf(name, known)];
    });
  }

  snapshot(): DeadlineSnapshot {
    return {
      version: SNAPSHOT_VERSION,
      all: this.#all.snapshot(),
      kinds: [...this.#kinds].map(([kind, { history, sketch }]) => ({
        kind,
        history: history.snapshot(),
        sketch: sketch.snapshot(),
      })),
      buckets: [...this.#buckets].map(([key, history]) => {
        const [kind = "", bucket = ""] = key.split(KEY_SEPARATOR, 2);
        return { kind, bucket, history: history.snapshot() };
      }),
    };
  }

  /** The one that most runs of this sort are told by: with signs of life, being over the first limit costs nothing. */
  #thresholdOf(kind: string, own: RunHistory | undefined): Threshold {
    const judge =
      own !== undefined && own.completed >= OWN_RUNS
        ? own
        : this.#kinds.get(kind)?.history;
    return judge?.mostBeat === true ? "soft" : "single";
  }

  #limitOf(
    kind: string,
    own: RunHistory | undefined,
    threshold: Threshold,
  ): Guess {
    const n = own?.completed ?? 0;
    const ownMs = own?.limitMs(threshold) ?? 0;
    const ownGuess: Guess = { ms: ownMs, basis: "own_runs", n };
    if (n >= OWN_ALONE) return ownGuess;
    const guess = this.#guess(kind, threshold);
    if (n < OWN_RUNS) return longest(ownGuess, this.#coldGuess(kind, guess));
    const share = n / (n + BLEND);
    const blended = ownMs ** share * guess.ms ** (1 - share);
    return { ...ownGuess, ms: Math.max(ownMs, blended) };
  }

  /** For a bucket of which nothing is known. */
  #guess(kind: string, threshold: Threshold): Guess {
    const ofKind = this.#kinds.get(kind)?.history;
    if (ofKind !== undefined && ofKind.completed >= GROUP_RUNS)
      return groupGuess(ofKind, "kind", threshold);
    if (this.#all.completed >= GROUP_RUNS)
      return groupGuess(this.#all, "all_kinds", threshold);
    const n = ofKind?.completed ?? 0;
    return { ms: this.#options.defaultMs, basis: "default", n };
  }

  /** For what itself is hardly known: that others are over soon says something of it only where they are many. */
  #coldGuess(kind: string, guess: Guess): Guess {
    const members =
      guess.basis === "kind"
        ? (this.#kinds.get(kind)?.buckets ?? 0)
        : this.#kinds.size;
    const { defaultMs } = this.#options;
    return members >= GROUP_MEMBERS || guess.ms >= defaultMs
      ? guess
      : { ms: defaultMs, basis: "default", n: guess.n };
  }

  #statsOf(kind: string, { history, sketch }: Kind): KindTimeouts {
    const prefix = keyOf(kind, "");
    const buckets = [...this.#buckets].flatMap(([key, own]) => {
      if (!key.startsWith(prefix)) return [];
      const bucket = key.slice(prefix.length);
      const limit = this.limit(kind, bucket);
      const threshold = this.#thresholdOf(kind, own);
      return [
        bucketTimeouts(
          { bucket, history: own, limit },
          threshold,
          this.#targets[threshold],
        ),
      ];
    });
    const known = { history, recent: sketch.recent() };
    return kindTimeouts(kind, known, buckets, this.limit(kind, ""));
  }

  #newHistory(state?: RunHistoryState): RunHistory {
    return new RunHistory(this.#targets, this.#options.defaultMs, state);
  }

  #kindOf(kind: string): Kind {
    const known = this.#kinds.get(kind) ?? {
      history: this.#newHistory(),
      sketch: new RecentSketch(),
      buckets: 0,
    };
    this.#touch(this.#kinds, kind, known);
    return known;
  }

  #bucketOf(kind: string, bucket: string): RunHistory {
    const key = keyOf(kind, bucket);
    const before = this.#buckets.get(key);
    if (before === undefined) this.#kindOf(kind).buckets++;
    const known = before ?? this.#newHistory();
    this.#touch(this.#buckets, key, known);
    return known;
  }

  /** Makes it the last to be forgotten, and forgets the first where there are too many. */
  #touch<Known>(map: Map<string, Known>, key: string, known: Known): void {
    map.delete(key);
    map.set(key, known);
    if (map.size <= this.#maxKeys) return;
    for (const oldest of map.keys()) return void map.delete(oldest);
  }
}

const keyOf = (kind: string, bucket: string): string =>
  `${kind}${KEY_SEPARATOR}${bucket}`;

/** The first of two that are equal. */
const longest = (one: Guess, other: Guess): Guess =>
  one.ms >= other.ms ? one : other;

function groupGuess(
  group: RunHistory,
  basis: LimitBasis,
  threshold: Threshold,
): Guess {
  const ms = GROUP_FACTOR * group.limitMs(threshold);
  return { ms, basis, n: group.completed };
}
