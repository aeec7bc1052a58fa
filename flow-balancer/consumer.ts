/**
 * Brings in what happens in the store beside our own tasks: claims those that wait for any pool (given
 * back, delayed, released by what they came after, left by a server that died), hears that one of
 * ours is to be cancelled, and that one we wait for has ended. A change by another process is seen by
 * a counter in memory, so that a quiet store is not read.
 */

import type { EventSink } from "./core/events.ts";
import type { HolderId, TaskId } from "./core/ids.ts";
import type { Env } from "./core/ports.ts";
import type { Claimed, TaskQueue } from "./core/queue.ts";

export interface ConsumerOptions {
  readonly env: Env;
  readonly queue: TaskQueue;
  readonly holder: HolderId;
  /** Kinds this process can run. */
  readonly kinds: () => readonly string[];
  /** How many more tasks it would take on now. */
  readonly room: () => number;
  /** True: only such as are of a session; false: of none; null, or left out: either. */
  readonly inSession?: () => boolean | null;
  readonly adopt: (claimed: Claimed) => void;
  readonly cancel: (id: TaskId) => void;
  /** Somebody else wrote to the store since the last call. */
  readonly changedElsewhere: () => boolean;
  readonly onChanged: () => void;
  /** Hears of claims; left out: nobody does. */
  readonly events?: EventSink | undefined;
  /** What went wrong with the store; it is tried again with the next beat. */
  readonly onError: (thrown: unknown) => void;
}

/** Between two looks at the counter, ms: what another process does is seen this late at most. */
const BEAT_MS = 100;

export class Consumer {
  readonly #options: ConsumerOptions;
  #stopTimer: (() => void) | undefined;
  #running: Promise<void> | undefined;
  /** There may be something to claim. */
  #wanted = true;
  /** Somebody said so since the last look began. */
  #nudged = false;
  /** As it was looked for last. */
  #inSession: boolean | null = null;
  /** Another process wrote, and what that means for our tasks was not looked at. */
  #isForeign = false;
  #stopped = false;

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#plan();
  }

  /** There is something to claim. */
  nudge(): void {
    this.#wanted = true;
    this.#nudged = true;
    this.#run();
  }

  /** A task has ended: there may be room for one that had to be left. */
  roomAgain(): void {
    if (this.#wanted) this.#run();
  }

  /** Resolves once nothing more will be claimed. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopTimer?.();
    await this.#running;
  }

  #plan(): void {
    this.#stopTimer = this.#options.env.timer(BEAT_MS, () => {
      try {
        if (this.#options.changedElsewhere())
          this.#isForeign = this.#wanted = true;
      } catch (thrown) {
        this.#options.onError(thrown);
      }
      if (this.#inSession !== this.#whose()) this.#wanted = true;
      if (this.#wanted || this.#isForeign) this.#run();
      this.#plan();
    });
  }

  #whose(): boolean | null {
    return this.#options.inSession?.() ?? null;
  }

  #run(): void {
    if (this.#stopped) return;
    this.#running ??= this.#look()
      .catch((thrown: unknown) => {
        this.#wanted = true;
        this.#options.onError(thrown);
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#nudged) this.#run();
      });
  }

  async #look(): Promise<void> {
    const { queue, holder, cancel, onChanged } = this.#options;
    this.#nudged = false;
    if (this.#isForeign) {
      this.#isForeign = false;
      try {
        for (const id of await queue.cancelAsked(holder)) cancel(id);
      } catch (thrown) {
        this.#isForeign = true;
        throw thrown;
      }
      onChanged();
    }
    await this.#claim();
  }

  async #claim(): Promise<void> {
    const { queue, holder, kinds, room, adopt } = this.#options;
    while (this.#wanted && !this.#stopped) {
      this.#nudged = false;
      const max = room();
      // Asked again once a task has ended.
      if (max <= 0) return;
      this.#wanted = false;
      const inSession = (this.#inSession = this.#whose());
      const claimed = await queue.claim({
        queue: "pool",
        holder,
        max,
        leaseMs: null,
        kinds: kinds(),
        ...(inSession !== null && { inSession }),
      });
      if (claimed.length > 0)
        this.#options.events?.({ type: "task.claimed", n: claimed.length });
      for (const one of claimed)
        try {
          adopt(one);
        } catch (thrown) {
          // The others are held by now, and nobody else would run them.
          this.#options.onError(thrown);
        }
      if (claimed.length === max) this.#wanted = true;
    }
  }
}
