/**
 * From when a job has a worker until it is sent there: it may have to be allowed first, and its session's
 * state goes before it. What was not sent has not begun: it can be given to another worker, or dropped.
 */

import type { SessionId } from "../core/ids.ts";
import type { ToWorker } from "../worker/protocol.ts";
import type { EndReason, Permit } from "./endings.ts";
import { HeldState, type SessionStateSource } from "./held-state.ts";
import type { Job } from "./job.ts";
import type { JobsInHand } from "./jobs-in-hand.ts";
import { StartPermits } from "./start-permits.ts";

export interface JobStartsOptions {
  readonly sessionState: SessionStateSource | undefined;
  /** The worker's; jobs that were not sent are in it too. */
  readonly hand: JobsInHand;
  readonly send: (message: ToWorker) => void;
  /** The worker gets jobs still. */
  readonly isOpen: () => boolean;
  /** Sends the job. */
  readonly begin: (job: Job, number: number) => void;
  /** It is not the worker's any more. */
  readonly takeBack: (number: number) => void;
}

export class JobStarts {
  readonly #options: JobStartsOptions;
  readonly #state: HeldState;
  readonly #permits: StartPermits;

  constructor(options: JobStartsOptions) {
    this.#options = options;
    this.#state = new HeldState(options.sessionState, options.send);
    this.#permits = new StartPermits((job, permit) =>
      this.#answered(job, permit),
    );
  }

  start(job: Job, number: number): void {
    const { mayStart } = job.task;
    if (mayStart !== undefined && !job.describeOnly)
      this.#permits.ask(job, mayStart);
    else this.#begin(job, number);
  }

  /** It was not sent yet. */
  isPending(job: Job): boolean {
    return this.#permits.has(job);
  }

  /** Ends one that was not sent; false for any other. */
  end(job: Job, number: number, reason: EndReason): boolean {
    if (!this.#permits.delete(job)) return false;
    this.#options.takeBack(number);
    job.neverSent(reason);
    return true;
  }

  /** Ends all that were not sent. */
  endAll(reason: EndReason): void {
    const { hand } = this.#options;
    for (const job of [...hand]) this.end(job, hand.numberOf(job) ?? 0, reason);
  }

  /** Those of a dead worker that were not sent, out of its hand. */
  takeAll(): Job[] {
    const { hand } = this.#options;
    const notSent = [...hand].filter((job) => this.#permits.delete(job));
    for (const job of notSent) hand.remove(hand.numberOf(job) ?? 0);
    return notSent;
  }

  /** The job changed its session's state; said twice, it is one change. */
  changed(job: Job, json: string): void {
    const { session } = job.task;
    if (session === null) return;
    const base = job.leaves?.base ?? this.#state.changed(session);
    if (base !== null) job.leaves = { json, base };
  }

  /** It is answered: what it changed goes to whoever saves it. */
  handOver({ leaves, task, observer }: Job): void {
    if (leaves === null || task.session === null) return;
    const isTaken = observer.stateChanged?.(leaves.json, leaves.base);
    if (isTaken === false) this.#state.forget(task.session);
  }

  /** See HeldState. */
  forgetState(session: SessionId): void {
    this.#state.forget(session);
  }

  #begin(job: Job, number: number): void {
    try {
      this.#bringState(job);
    } catch (thrown) {
      this.#permits.refuse(job, thrown);
      return;
    }
    this.#options.begin(job, number);
  }

  /** Commands see nothing of it. */
  #bringState({ task: { session, kind }, describeOnly }: Job): void {
    if (session === null || kind.source.type === "shell" || describeOnly)
      return;
    const isAlone = this.#options.hand.size - this.#permits.size === 1;
    if (isAlone) this.#state.bring(session);
  }

  /** By now the worker may be on its way out, or ending another job. */
  #answered(job: Job, permit: Permit): void {
    const { hand, isOpen, takeBack } = this.#options;
    const number = hand.numberOf(job) ?? 0;
    if (permit.type === "granted" && isOpen() && !hand.isEnding) {
      this.#begin(job, number);
      return;
    }
    takeBack(number);
    if (permit.type === "granted") job.again();
    else job.notAllowed(permit);
  }
}
