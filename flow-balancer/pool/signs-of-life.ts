/**
 * The limits on one run, and whether it is alive by what its own code does: reports, heartbeats, printed
 * text. That its worker's event loop turns says nothing: it also turns under a task that waits for ever.
 *
 * A limit that was learned is a guess, and a healthy run may be longer. So at the first limit a run that
 * gave a sign lately goes on, and is looked at again each time it has run twice as long, up to the last
 * limit. Few looks and far apart: a healthy task with irregular signs would sooner or later be met in a
 * silence by frequent ones. The price: what hangs after a look lives until the next. Correcting a
 * prediction while the job runs, with the kill limit apart from it, is Tsafrir, Etsion and Feitelson's
 * (2007). Pure: times are arguments, ms.
 */

import type { MonoMs } from "../core/time.ts";

/** A busy machine may hold up a sign for seconds. */
const RECENT_MS = 5_000;
/** Of the time it ran at most: what runs for minutes prints less often than what runs for seconds. */
const RECENT_SHARE = 0.25;
/** What is printed waits for up to 50 ms, or for the result: so near to its end a run's first words are its last. */
const LAST_WORDS_MS = 100;

export interface Limits {
  readonly timeoutMs: number;
  readonly maxTimeoutMs?: number;
}

/** Which limit a run came to. */
export type Overrun =
  /** The only one. */
  | { readonly type: "limit"; readonly limitMs: number }
  /** The first one, in silence; `silentMs`: since its last sign, null: there was none. */
  | {
      readonly type: "silent";
      readonly limitMs: number;
      readonly silentMs: number | null;
    }
  /** The last one. */
  | { readonly type: "alive"; readonly limitMs: number };

export type Look =
  | { readonly type: "goes_on"; readonly until: number }
  | { readonly type: "over"; readonly overrun: Overrun };

/** Of one run. */
export class SignsOfLife {
  readonly #begunAt: MonoMs;
  #firstAt: MonoMs | null = null;
  #lastAt: MonoMs;
  #isDoubted = false;

  constructor(begunAt: MonoMs) {
    this.#begunAt = this.#lastAt = begunAt;
  }

  give(now: MonoMs): void {
    this.#firstAt ??= now;
    this.#lastAt = now;
  }

  /** When its first limit has passed, and at each moment that the look before named. */
  look({ timeoutMs, maxTimeoutMs }: Limits, now: MonoMs): Look {
    if (maxTimeoutMs === undefined || !(maxTimeoutMs > timeoutMs))
      return over({ type: "limit", limitMs: timeoutMs });
    const ranMs = now - this.#begunAt;
    if (ranMs >= maxTimeoutMs)
      return over({ type: "alive", limitMs: maxTimeoutMs });
    const silentMs = this.#firstAt === null ? null : now - this.#lastAt;
    if (silentMs !== null && silentMs < recentMs(timeoutMs)) {
      this.#isDoubted = false;
      const untilMs = Math.min(2 * ranMs, maxTimeoutMs);
      return { type: "goes_on", until: this.#begunAt + untilMs };
    }
    if (this.#isDoubted)
      return over({ type: "silent", limitMs: timeoutMs, silentMs });
    // Ours may be the process that was held up: what has come meanwhile is read first.
    this.#isDoubted = true;
    return { type: "goes_on", until: now };
  }

  /** Whether a run that ends now gave any before it came to its end. */
  hasAnyBefore(end: MonoMs): boolean {
    return this.#firstAt !== null && end - this.#firstAt >= LAST_WORDS_MS;
  }
}

/** How old the last sign may be. */
const recentMs = (limitMs: number): number =>
  Math.max(RECENT_MS, RECENT_SHARE * limitMs);

const over = (overrun: Overrun): Look => ({ type: "over", overrun });
