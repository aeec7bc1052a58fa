/**
 * A list of inputs of one kind, run in chunks: how many items the next one takes is decided when a worker
 * is free for it. A chunk is one task over a list (see worker/kinds/each.ts), where the kind allows that.
 * One that is lost as a whole (its worker died, its time was up) is run again item by item, so that only
 * the item whose fault it was fails.
 */

import type { ItemResult, JobChunker, ListValue } from "../core/chunking.ts";
import type { Engine, TaskObserver } from "../core/engine.ts";
import {
  type ErrorCode,
  toWireError,
  wireError,
  type WireError,
} from "../core/errors.ts";
import type { SessionId, TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import type { TaskRecord, TaskRequest } from "../core/task.ts";
import { type ItemEnd, MapEnds } from "./map-ends.ts";
import { MapItems } from "./map-items.ts";
import { cancelQuietly } from "./run-tools.ts";

export interface MapWork {
  readonly kind: string;
  /** Each as JSON text. */
  readonly items: readonly string[];
  readonly session: SessionId | null;
  /** Longest run time of one item, ms; null: the kind's. */
  readonly timeoutMs: number | null;
  /** Items a chunk; null: as learned. */
  readonly chunk: number | null;
}

export interface MapSurroundings {
  readonly engine: Engine;
  readonly env: Env;
  readonly observer: Required<TaskObserver>;
}

/** Of chunks that ran to their end. */
interface MapTotals {
  chunks: number;
  workMs: number;
  overheadMs: number;
}

/** A chunk may take one item's longest time, and so many times what its items are expected to take. */
const PATIENCE = 10;
const MAX_TIMEOUT_MS = 86_400_000;
/** Until a chunk is handed out again for which there was no room, ms. */
const FULL_MS = 1_000;

/** What one item can do to all of its chunk. */
const BY_ONE: ReadonlySet<ErrorCode> = new Set([
  "TASK_TIMEOUT",
  "WORKER_EXITED",
  "POISONED",
  "MEMORY_LIMIT",
]);

export class MapRun {
  readonly totals: MapTotals = { chunks: 0, workMs: 0, overheadMs: 0 };
  /** Once every item has ended. */
  readonly done: Promise<void>;
  readonly startedAt: number;
  readonly #work: MapWork;
  readonly #around: MapSurroundings;
  readonly #workers: number;
  readonly #chunker: JobChunker;
  /** Null: its tasks are run one by one. */
  readonly #listKind: string | null;
  readonly #itemLimitMs: number;
  readonly #ends: MapEnds;
  readonly #finish: () => void;
  /** Handed out now. */
  readonly #running = new Set<Handed>();
  readonly #items: MapItems;
  #isCancelled = false;

  /** Throws UNKNOWN_KIND. */
  static async start(work: MapWork, around: MapSurroundings): Promise<MapRun> {
    const { engine } = around;
    const { timeoutMs } = await engine.timeoutStats(work.kind);
    const { pool } = await engine.status();
    return new MapRun(work, around, {
      workers: pool.configuredWorkers,
      itemLimitMs: work.timeoutMs ?? timeoutMs,
    });
  }

  private constructor(
    work: MapWork,
    around: MapSurroundings,
    {
      workers,
      itemLimitMs,
    }: { readonly workers: number; readonly itemLimitMs: number },
  ) {
    const { chunking } = around.engine;
    this.#work = work;
    this.#around = around;
    this.#workers = workers;
    this.#itemLimitMs = itemLimitMs;
    this.#items = new MapItems(work.items.length);
    this.#ends = new MapEnds(work.items.length);
    this.#listKind = chunking.listKind(work.kind);
    this.#chunker = chunking.chunkerOf(work.kind);
    this.startedAt = around.env.mono();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
    this.#handOut();
  }

  get size(): number {
    return this.#work.items.length;
  }

  /** Items that have ended. */
  get ended(): number {
    return this.#ends.count;
  }

  /** In the order of the items; once `done`. */
  get ends(): readonly ItemEnd[] {
    return this.#ends.all;
  }

  cancel(): void {
    this.#isCancelled = true;
    for (const { id } of this.#running)
      if (id !== null) cancelQuietly(this.#around.engine, id);
    if (this.#running.size === 0) this.#handOut();
  }

  #handOut(): void {
    while (this.#running.size < this.#workers) {
      const items = this.#isCancelled ? null : this.#take();
      if (items === null) break;
      const since = this.#around.env.mono();
      const handed: Handed = { items, since, id: null, done: 0 };
      this.#running.add(handed);
      void this.#run(handed).then(() => {
        this.#running.delete(handed);
        this.#handOut();
      });
    }
    if (this.#running.size > 0) return;
    this.#ends.addRest(NEVER_RUN);
    this.#finish();
  }

  #take(): readonly number[] | null {
    const now = this.#around.env.mono();
    return this.#items.take((remaining) =>
      this.#listKind === null
        ? 1
        : (this.#work.chunk ??
          this.#chunker.next({
            remaining,
            free: this.#workers - this.#running.size,
            inFlight: [...this.#running].map(({ items, since }) => ({
              items: items.length,
              sinceMs: now - since,
            })),
          })),
    );
  }

  /** Never rejects. */
  async #run(handed: Handed): Promise<void> {
    try {
      const { task, done } = await this.#around.engine.submit(
        this.#request(handed.items),
        { observer: this.#observer(handed), terms: { awaited: true } },
      );
      handed.id = task.id;
      if (this.#isCancelled) cancelQuietly(this.#around.engine, task.id);
      await this.#settled(handed, await done);
    } catch (thrown) {
      await this.#failed(handed, toWireError(thrown), null);
    }
  }

  #request(items: readonly number[]): TaskRequest {
    const { kind, session, timeoutMs } = this.#work;
    const texts = items.map((item) => this.#work.items[item] ?? "null");
    const isList = items.length > 1 && this.#listKind !== null;
    return {
      kind: isList ? (this.#listKind ?? kind) : kind,
      inputJson: isList ? `[${texts.join(",")}]` : (texts[0] ?? "null"),
      session,
      timeoutMs: isList ? this.#limitMs(items.length) : timeoutMs,
      deadlineMs: null,
      priority: 0,
      idempotencyKey: null,
      after: [],
    };
  }

  #limitMs(items: number): number {
    const expectedMs = this.#chunker.expectedMs(items);
    const limitMs =
      expectedMs === null
        ? items * this.#itemLimitMs
        : this.#itemLimitMs + PATIENCE * expectedMs;
    return Math.min(MAX_TIMEOUT_MS, Math.ceil(limitMs));
  }

  #observer(handed: Handed): TaskObserver {
    const { observer } = this.#around;
    return {
      log: (text) => observer.log(text),
      progress: (done) => {
        if (handed.items.length === 1) return;
        handed.done = done;
        this.#tell();
      },
    };
  }

  #tell(): void {
    let done = this.ended;
    for (const handed of this.#running) done += handed.done;
    this.#around.observer.progress(done, this.size, null);
  }

  async #settled(
    handed: Handed,
    { result, execution }: TaskRecord,
  ): Promise<void> {
    const { items, since } = handed;
    if (result?.status !== "completed") {
      const { error = NEVER_RUN, valueJson = null } = result ?? {};
      await this.#failed(handed, error, valueJson);
      return;
    }
    const { waitMs, startMs, runMs } = execution ?? NO_TIME;
    const workMs = this.#values(items, result.valueJson) ?? runMs;
    const tookMs = this.#around.env.mono() - since - waitMs - startMs;
    const overheadMs = Math.max(0, tookMs - workMs);
    this.#chunker.ended({ items: items.length, workMs, overheadMs });
    this.totals.chunks++;
    this.totals.workMs += workMs;
    this.totals.overheadMs += overheadMs;
    this.#tell();
  }

  /** What the items of a list took, ms; null for one item, which is a task by itself. */
  #values(items: readonly number[], valueJson: string): number | null {
    const [first = 0] = items;
    if (items.length === 1) {
      this.#ends.add(first, null, valueJson);
      return null;
    }
    const { workMs, results } = JSON.parse(valueJson) as ListValue;
    for (const [at, item] of items.entries()) {
      const { value = null, error = null } = results[at] ?? NOT_SAID;
      this.#ends.add(item, error, value);
    }
    return workMs;
  }

  /** The whole chunk: its items are run again where that may be another's fault, or the chunk was never taken. */
  async #failed(
    { items }: Handed,
    error: WireError,
    value: string | null,
  ): Promise<void> {
    if (error.code === "QUEUE_FULL" && !this.#isCancelled) {
      await new Promise<void>((resolve) =>
        this.#around.env.timer(FULL_MS, resolve),
      );
      this.#items.again(items);
      return;
    }
    const [first = 0] = items;
    const isTooLarge = error.code === "PAYLOAD_TOO_LARGE";
    if (items.length === 1) this.#ends.add(first, error, value);
    else if (isTooLarge || BY_ONE.has(error.code))
      this.#items.lost(items, isTooLarge);
    else for (const item of items) this.#ends.add(item, error, null);
  }
}

interface Handed {
  readonly items: readonly number[];
  readonly since: number;
  /** Null until it is recorded. */
  id: TaskId | null;
  /** Of its items, as far as it said. */
  done: number;
}

const NO_TIME = { waitMs: 0, startMs: 0, runMs: 0 } as const;

const NEVER_RUN = wireError("CANCELLED", "cancelled before it had ended");
const NOT_SAID: ItemResult = {
  error: wireError("INTERNAL", "its chunk ended without a word of it"),
};
