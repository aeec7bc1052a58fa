/**
 * Each kind's budget for trying again what failed. A kind of which a few fail is tried again as its
 * tasks ask; where it fails by the crowd, a try that has no token is not refused but waits until one
 * would be there, so that a fault is not answered by a multiple of the load. Of one server, since its start.
 */

import { Budget } from "./core/budget.ts";
import type { RetryStatus } from "./core/engine.ts";
import type { Env } from "./core/ports.ts";
import type { MonoMs } from "./core/time.ts";

/** One retry for five first runs, as Finagle has it. Its 10 a second are for calls of milliseconds; here each is a task on a worker. */
const TERMS = { share: 0.2, perMinute: 10, burst: 20 } as const;
/** The queue spreads pauses by up to half: so none waits longer than five minutes for this. */
const LONGEST_HOLD_MS = 200_000;
/** A crowd is told of once, not one by one. */
const SAY_EVERY_MS = 60_000;

interface Kind {
  readonly budget: Budget;
  retries: number;
  held: number;
  saidAt: MonoMs | null;
}

type Warn = (
  level: "warn",
  event: string,
  details: Readonly<Record<string, unknown>>,
) => void;

export class RetryBudgets {
  readonly #env: Pick<Env, "mono">;
  readonly #log: Warn;
  /** As many as there are kinds. */
  readonly #kinds = new Map<string, Kind>();

  constructor(env: Pick<Env, "mono">, log: Warn) {
    this.#env = env;
    this.#log = log;
  }

  /** The first try of a task has run. */
  ran(kind: string): void {
    this.#of(kind).budget.earn(this.#env.mono());
  }

  /** One of `kind` is to be tried again: not before so many ms from now. */
  holdMs(kind: string): number {
    const now = this.#env.mono();
    const known = this.#of(kind);
    const holdMs = Math.ceil(known.budget.book(now, LONGEST_HOLD_MS));
    known.retries++;
    if (holdMs > 0) this.#held(kind, known, holdMs, now);
    return holdMs;
  }

  /** Of the kinds of which something was tried again, by name. */
  status(): RetryStatus[] {
    const now = this.#env.mono();
    return [...this.#kinds]
      .filter(([, { retries }]) => retries > 0)
      .map(([kind, { budget, retries, held }]) => ({
        kind,
        left: budget.tokens(now),
        retries,
        held,
      }))
      .sort((a, b) => (a.kind < b.kind ? -1 : 1));
  }

  #held(kind: string, known: Kind, holdMs: number, now: MonoMs): void {
    known.held++;
    if (known.saidAt !== null && now - known.saidAt < SAY_EVERY_MS) return;
    known.saidAt = now;
    const { retries, held } = known;
    this.#log("warn", "retry.held", { kind, hold_ms: holdMs, retries, held });
  }

  #of(kind: string): Kind {
    const known = this.#kinds.get(kind);
    if (known !== undefined) return known;
    const made: Kind = {
      budget: new Budget(TERMS, this.#env.mono()),
      retries: 0,
      held: 0,
      saidAt: null,
    };
    this.#kinds.set(kind, made);
    return made;
  }
}
