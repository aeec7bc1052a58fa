/**
 * When a client gives a call up, learned from the calls it gave up: most have one limit, the same for
 * every call. Once several were given up after about the same time, calls are answered before that. Who
 * is answered sooner shows nothing of its limit any more, so now and then a call may wait as long as
 * before: each that is given up again makes the next such trial rarer, one that is not makes it the next call.
 */

import {
  bothWaits,
  type ClientWaits,
  ENOUGH,
  giveUps,
  type GivingUp,
  givingUp,
  NO_WAITS,
  withWait,
} from "./client-waits.ts";
import { clientKey } from "./patience.ts";
import {
  type PatienceSnapshot,
  readPatienceSnapshot,
} from "./patience-snapshot.ts";

/** Of one client, since this learner began: not part of what is learned. */
interface Trials {
  /** Calls answered early since the last trial. */
  early: number;
  /** The trial waits at this moment. */
  isTrying: boolean;
}

/** Beyond these the one not heard of for longest is forgotten. */
export const MAX_CLIENTS = 64;
const MAX_NAME_CHARS = 100;

/** Calls answered early before the first trial; twice as many for each that failed. */
const FIRST_TRIAL_AFTER = 32;
const LAST_TRIAL_AFTER = 1_024;

/** The answer has to be written, sent and read before the client's limit: a tenth of it, or this, ms. */
const MARGIN_MS = 250;
const MARGIN = 0.1;
/** What a timer may be early by, ms. */
const TIMER_MS = 5;

export class PatienceLearner {
  /** The one heard of last at the end. */
  readonly #clients = new Map<string, ClientWaits>();
  readonly #trials: Map<string, Trials>;

  private constructor(trials: Map<string, Trials>) {
    this.#trials = trials;
  }

  static empty(): PatienceLearner {
    return new PatienceLearner(new Map());
  }

  /**
   * Of what `snapshot` gave, as it came back; goes on with the trials of `before`, which is not to be used
   * any more. Throws INVALID_INPUT for anything else, saying where.
   */
  static restore(snapshot: unknown, before?: PatienceLearner): PatienceLearner {
    const trials = before === undefined ? new Map() : before.#trials;
    const learner = new PatienceLearner(trials);
    learner.merge(snapshot);
    return learner;
  }

  snapshot(): PatienceSnapshot {
    const clients = [...this.#clients];
    return {
      version: 1,
      clients: clients.map(([client, waits]) => ({ client, ...waits })),
    };
  }

  /** What another saw, by its snapshot: as if this one had seen it too. Throws as `restore`, and has learned nothing then. */
  merge(snapshot: unknown): void {
    for (const [client, theirs] of readPatienceSnapshot(snapshot))
      this.#keep(keyOf(client), bothWaits(this.#waits(keyOf(client)), theirs));
  }

  /**
   * After a call that waited `waitedMs`; `gaveUp`: the client ended it, otherwise it was answered, and would
   * have waited longer. True if that is worth keeping soon: a call was given up, or outlasted the limit.
   */
  observeWait(client: string, waitedMs: number, gaveUp: boolean): boolean {
    const key = keyOf(client);
    const before = this.#waits(key);
    const limit = givingUp(before);
    const after = withWait(before, waitedMs, gaveUp);
    if (limit !== null) this.#observeTrial(key, limit, waitedMs, gaveUp);
    if (after !== before) this.#keep(key, after);
    const outlasted = limit !== null && waitedMs >= limit.toMs;
    return after !== before && (gaveUp || outlasted);
  }

  /**
   * How long a call of the client may wait, ms: `knownMs`, or less where it was seen to give up sooner. A
   * call that is the trial waits `knownMs`; there is one at a time, until its wait was observed.
   */
  patienceMs(client: string, knownMs: number): number {
    const key = keyOf(client);
    const limit = givingUp(this.#waits(key));
    if (limit === null || answerBefore(limit) >= knownMs) return knownMs;
    const trials = this.#trialsOf(key);
    if (trials.isTrying || trials.early < trialAfter(limit))
      return answerBefore(limit);
    trials.isTrying = true;
    return knownMs;
  }

  /** Short lines for a person. */
  explain(client: string, knownMs: number): string[] {
    const waits = this.#waits(keyOf(client));
    const limit = givingUp(waits);
    if (limit === null)
      return [
        `answered after ${seconds(knownMs)} at the latest: thin evidence, ${calls(giveUps(waits))} given up (${ENOUGH} after about the same time would be enough)`,
      ];
    const { fromMs, toMs, gaveUp, reached } = limit;
    const seen = `given up after ${seconds(fromMs)} to ${seconds(toMs)}: ${whole(gaveUp)} of the ${calls(reached)} that waited so long (old ones count half)`;
    if (answerBefore(limit) >= knownMs)
      return [`answered after ${seconds(knownMs)} at the latest`, seen];
    const { early } = this.#trials.get(keyOf(client)) ?? { early: 0 };
    const left = Math.max(0, trialAfter(limit) - early);
    return [
      `answered after ${seconds(answerBefore(limit))} at the latest, instead of ${seconds(knownMs)}`,
      seen,
      left === 0
        ? "whether that still holds is tried with the next call"
        : `whether that still holds is tried once ${calls(left)} more were answered so early`,
    ];
  }

  #observeTrial(
    key: string,
    limit: GivingUp,
    waitedMs: number,
    gaveUp: boolean,
  ): void {
    const trials = this.#trialsOf(key);
    // Not given up where others were: the next may try that too.
    if (waitedMs >= limit.toMs) trials.early = LAST_TRIAL_AFTER;
    else if (waitedMs >= limit.fromMs) trials.early = 0;
    // Too short to show anything: if it was the trial, another call may be it.
    else if (waitedMs >= answerBefore(limit) - TIMER_MS) {
      if (!gaveUp) trials.early += 1;
      return;
    }
    trials.isTrying = false;
  }

  #waits(key: string): ClientWaits {
    return this.#clients.get(key) ?? NO_WAITS;
  }

  #trialsOf(key: string): Trials {
    let trials = this.#trials.get(key);
    if (trials === undefined) {
      trials = { early: 0, isTrying: false };
      this.#trials.set(key, trials);
    }
    return trials;
  }

  #keep(key: string, waits: ClientWaits): void {
    this.#clients.delete(key);
    this.#clients.set(key, waits);
    for (const oldest of this.#clients.keys()) {
      if (this.#clients.size <= MAX_CLIENTS) break;
      this.#clients.delete(oldest);
      this.#trials.delete(oldest);
    }
  }
}

const answerBefore = ({ fromMs }: GivingUp): number =>
  fromMs - Math.max(MARGIN_MS, MARGIN * fromMs);

/** Whoever is answered early gives up in a trial alone. */
const trialAfter = ({ gaveUp }: GivingUp): number =>
  Math.min(LAST_TRIAL_AFTER, FIRST_TRIAL_AFTER * 2 ** (gaveUp - ENOUGH));

/** A name is whatever a client says it is. */
const keyOf = (client: string): string =>
  clientKey(client.slice(0, MAX_NAME_CHARS));

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
const whole = (count: number): string => String(Math.round(count));
const calls = (count: number): string =>
  `${whole(count)} ${Math.round(count) === 1 ? "call" : "calls"}`;
