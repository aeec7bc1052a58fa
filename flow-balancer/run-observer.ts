/** Hears from the pool of one run, for the task's own sake and for those who listen. A class: made for every task, it is dearer as an object of closures. */

import type { LiveTask } from "./live-task.ts";
import type { PoolObserver } from "./pool/pool-task.ts";
import type { StateKeeping } from "./state-keeping.ts";

export class RunObserver implements PoolObserver {
  readonly #live: LiveTask;
  readonly #states: StateKeeping;
  readonly #started: (live: LiveTask) => void;

  constructor(
    live: LiveTask,
    states: StateKeeping,
    started: (live: LiveTask) => void,
  ) {
    this.#live = live;
    this.#states = states;
    this.#started = started;
  }

  started(): void {
    this.#started(this.#live);
  }

  progress(done: number, total: number | null, message: string | null): void {
    this.#live.progress(done, total, message);
  }

  log(message: string): void {
    this.#live.log(message);
  }

  output(text: string, bytes: number): void {
    this.#live.printed(text, bytes);
  }

  stateChanged(json: string, baseVersion: number): boolean {
    const { session } = this.#live.record;
    // Only a session has a state.
    if (session === null) return false;
    const change = this.#states.changed(session, json, baseVersion);
    this.#live.stateChange = change;
    return !change.isRefused;
  }
}
