/**
 * The port of what is learned of chunk sizes: how many items of a list one hand-over to a worker takes,
 * and into how many subtasks work is cut whose number has to be said beforehand.
 */

import type { WireError } from "./errors.ts";

/** Behind a kind's name: a list of its inputs, as one task. No name of a configured kind can end so. */
export const LIST = "[]";

/** How long such a task takes is a matter of its length: it says nothing of the kind's own. */
export const isListKind = (name: string): boolean => name.endsWith(LIST);

/** What came of one item of a task over a list: one of them, or of a failure both. */
export interface ItemResult {
  /** JSON text: each was encoded by itself, so that one that cannot be fails alone. */
  readonly value?: string;
  readonly error?: WireError;
}

/** The value of a task over a list of a kind's inputs. */
export interface ListValue {
  /** Of the items alone, ms. */
  readonly workMs: number;
  /** In the order of the inputs. */
  readonly results: readonly ItemResult[];
}

/** One chunk that was run to its end. */
export interface ChunkRun {
  readonly items: number;
  /** Time the items themselves took, ms. */
  readonly workMs: number;
  /** Of the time from handing the chunk out to having its values, what was not the items', ms; without waiting, and without the start of a process. */
  readonly overheadMs: number;
}

export interface ChunkInFlight {
  readonly items: number;
  readonly sinceMs: number;
}

/** A job at the moment a worker asks. */
export interface JobState {
  /** Not handed out yet. */
  readonly remaining: number;
  /** Workers without a chunk, the one that asks included. */
  readonly free: number;
  readonly inFlight: readonly ChunkInFlight[];
}

/** The chunks of one job, from what is remembered of its kind and what the job has shown so far. */
export interface JobChunker {
  /** Items for a worker that is free now: at least 1, at most `remaining`. */
  next(job: JobState): number;
  ended(run: ChunkRun): void;
  /** What so many items are expected to take, ms; null: nothing is known yet. */
  expectedMs(items: number): number | null;
}

/** Least share of work in work + overhead where none is named. */
export const MIN_EFFICIENCY = 0.9;

/** Work that is to be cut into a number of subtasks. What is null is not known. */
export interface SplitAsk {
  /** All of it, one after the other. */
  readonly workMs: number | null;
  readonly workTokens: number | null;
  /** 1 (plain) to 10. */
  readonly complexity: number;
  /** Whose items it is made of, and how many: its work is then what those took before. */
  readonly kind: string | null;
  readonly items: number | null;
  readonly workers: number;
  /** Least share of work in work + overhead, above 0 and below 1. */
  readonly minEfficiency: number;
  /** What each subtask costs beside its work: of time, where that is not learned, and of repeated context. */
  readonly overheadMs: number | null;
  readonly overheadTokens: number | null;
}

export interface SplitAdvice {
  /** 25..300. */
  readonly subtasks: number;
  /** What the figures alone say, outside of those rails too. */
  readonly unbounded: number;
  /** Work / (work + overhead) of so many subtasks, the worse of time and tokens; null: the work is not known. */
  readonly efficiency: number | null;
  /** Lines for people: what each figure rests on. */
  readonly why: readonly string[];
}

export interface Chunking {
  /** Under what name a list of the kind's inputs is one task; null: its tasks are run one by one. Throws UNKNOWN_KIND. */
  listKind(kind: string): string | null;
  chunkerOf(kind: string): JobChunker;
  /** Keeps what was learned, for later jobs and other servers. Never rejects: without it, it is learned again. */
  save(): Promise<void>;
  recommend(ask: SplitAsk): SplitAdvice;
}
