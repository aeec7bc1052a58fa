/**
 * Jobs that have a worker and were not sent to it yet: somebody has to note on disk first that they may
 * run, so that what may have had effects is known to whoever comes after a crash.
 */

import {
  BalancerError,
  toWireError,
  wireError,
  type WireError,
} from "../core/errors.ts";
import type { Permit } from "./endings.ts";
import type { Job } from "./job.ts";

export class StartPermits {
  readonly #answered: (job: Job, permit: Permit) => void;
  /** Each with the name of its question: a late answer to an earlier one counts no more. */
  readonly #asked = new Map<Job, object>();

  /** `answered` is called once for each that was asked and not taken back, in a later turn of the microtasks. */
  constructor(answered: (job: Job, permit: Permit) => void) {
    this.#answered = answered;
  }

  get size(): number {
    return this.#asked.size;
  }

  has(job: Job): boolean {
    return this.#asked.size > 0 && this.#asked.has(job);
  }

  ask(job: Job, mayStart: () => Promise<boolean>): void {
    const answer = this.#expect(job);
    new Promise<boolean>((resolve) => resolve(mayStart())).then(
      (granted) => answer({ type: granted ? "granted" : "lease_lost" }),
      (thrown: unknown) => answer({ type: "failed", error: refusal(thrown) }),
    );
  }

  /** For one that cannot be started: what was asked is answered already. */
  refuse(job: Job, thrown: unknown): void {
    const answer = this.#expect(job);
    queueMicrotask(() =>
      answer({ type: "failed", error: toWireError(thrown) }),
    );
  }

  /** False if it was not asked for. */
  delete(job: Job): boolean {
    return this.#asked.delete(job);
  }

  #expect(job: Job): (permit: Permit) => void {
    const question = {};
    this.#asked.set(job, question);
    return (permit) => {
      if (this.#asked.get(job) !== question) return;
      this.#asked.delete(job);
      this.#answered(job, permit);
    };
  }
}

function refusal(thrown: unknown): WireError {
  if (thrown instanceof BalancerError) return toWireError(thrown);
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return wireError(
    "STORAGE_FAILED",
    `that the task begins could not be stored, so it was not begun: ${why}`,
    "Submit it again once the store can be written.",
  );
}
