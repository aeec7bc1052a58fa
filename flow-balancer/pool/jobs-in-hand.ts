/** The jobs a worker has, by number, and whether it may have one more beside them. */

import { Lanes } from "./lanes.ts";
import type { Job } from "./job.ts";

/** Sent to a worker and not yet answered, characters: a channel buffers without a bound of its own. One job may be longer. */
const MAX_CHARS_IN_FLIGHT = 131_072;

export class JobsInHand extends Lanes<Job> {
  /** Jobs that are being ended. */
  #endings = 0;
  #chars = 0;

  override add(job: Job): number {
    this.#chars += job.task.inputJson.length;
    return super.add(job);
  }

  override remove(number: number): void {
    const job = this.at(number);
    if (job === null) return;
    this.#chars -= job.task.inputJson.length;
    if (job.ending !== null) this.#endings--;
    super.remove(number);
  }

  /** One of them is being ended, or has to be alone: none is to run beside it. */
  get isClosed(): boolean {
    return this.#endings > 0 || this.first()?.alone === true;
  }

  /** One of them is being ended. */
  get isEnding(): boolean {
    return this.#endings > 0;
  }

  /** Its `ending` was just set. */
  ends(): void {
    this.#endings++;
  }

  /** Those that were sent, and whose kind allows less than their worker holds, are to end with it; false: there are none. */
  endTooLarge(heldMb: number, isSent: (job: Job) => boolean): boolean {
    let found = false;
    for (const job of this) {
      const limitMb = job.task.kind.memoryMb ?? Number.POSITIVE_INFINITY;
      if (heldMb <= limitMb || !isSent(job)) continue;
      found = true;
      if (job.ending === null) this.ends();
      job.ending ??= { type: "too_large", limitMb };
    }
    return found;
  }

  /** Of a kind that runs several at a time, and session, as all the others are; nobody is being ended, and nobody has to be alone. */
  hasRoomBeside(job: Job): boolean {
    const { kind, inputJson, session } = job.task;
    if (this.#endings > 0 || this.size >= kind.inFlight || job.alone)
      return false;
    if (this.#chars + inputJson.length > MAX_CHARS_IN_FLIGHT) return false;
    const first = this.first();
    return (
      first === null ||
      (first.task.kind.name === kind.name &&
        first.task.session === session &&
        !first.alone)
    );
  }
}
