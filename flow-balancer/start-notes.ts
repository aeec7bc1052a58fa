/**
 * Writes that tasks run, of those that have run for a while: one that ends sooner is written once instead
 * of twice, and other processes see it queued until then. One timer for all: they are due in the order in
 * which they started, and nearly all have ended by then.
 */

import type { Env } from "./core/ports.ts";
import type { Lease, TaskQueue } from "./core/queue.ts";
import type { MonoMs } from "./core/time.ts";
import type { LiveTask } from "./live-task.ts";

const AFTER_MS = 20;

interface Note {
  readonly live: LiveTask;
  /** It may have been given back by then, and begun anew. */
  readonly lease: Lease;
  readonly startedAt: MonoMs;
}

export class StartNotes {
  readonly #env: Env;
  readonly #queue: Pick<TaskQueue, "started">;
  readonly #notes: Note[] = [];
  #isPlanned = false;

  constructor(env: Env, queue: Pick<TaskQueue, "started">) {
    this.#env = env;
    this.#queue = queue;
  }

  add(live: LiveTask): void {
    const { lease } = live;
    this.#notes.push({ live, lease, startedAt: this.#env.mono() });
    if (!this.#isPlanned) this.#plan(AFTER_MS);
  }

  #plan(ms: number): void {
    this.#isPlanned = true;
    this.#env.timer(ms, () => this.#write());
  }

  #write(): void {
    this.#isPlanned = false;
    const now = this.#env.mono();
    const early = this.#notes.findIndex((it) => now < it.startedAt + AFTER_MS);
    const due = this.#notes.splice(0, early < 0 ? this.#notes.length : early);
    for (const { live, lease } of due)
      // A refusal shows again at the settle, which is the one that counts.
      if (live.runsUnder(lease)) this.#queue.started(lease).catch(() => {});
    const next = this.#notes[0];
    if (next !== undefined)
      this.#plan(Math.ceil(next.startedAt + AFTER_MS - now));
  }
}
