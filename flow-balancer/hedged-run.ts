/**
 * A run that a second one on another worker may overtake: begun once the first has taken longer than such
 * runs usually take, the first of the two that completes wins, and the other is cancelled (J. Dean and
 * L. A. Barroso, "The Tail at Scale", CACM 2013). To whoever waits it is one run with one outcome: the
 * winner's, with what the winner printed. A run that ends otherwise leaves it to the other; where
 * neither completes, the first one's end is the outcome.
 */

import type { Env } from "./core/ports.ts";
import type { LiveTask } from "./live-task.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type {
  PoolObserver,
  PoolOutcome,
  PoolRun,
  PoolTask,
} from "./pool/pool-task.ts";
import type { PrintedText } from "./printed-text.ts";

type Limits = ReturnType<NonNullable<PoolTask["limits"]>>;

export interface Race {
  readonly env: Pick<Env, "timer">;
  readonly pool: Pick<MultiTierPoolManager, "run">;
  readonly live: Pick<LiveTask, "newPrint" | "printedInstead">;
  /** With limits of its own, which are those of the second run too. */
  readonly task: PoolTask & Required<Pick<PoolTask, "limits">>;
  readonly observer: PoolObserver;
  /** So long after its own time began a second run is worth it, ms; null: it never is. */
  readonly afterMs: () => number | null;
  /** Whether one may begin now; takes what that costs. */
  readonly mayHedge: () => boolean;
  /** A second run has begun, or has won. */
  readonly tell: (what: "begun" | "won") => void;
}

/** Below the lowest that a task may ask for, -10: whoever waits for a worker goes first. */
const LAST = -11;

/** What is over sooner is over before a second run is under way. */
const LEAST_MS = 20;

export class HedgedRun implements PoolRun {
  readonly done: Promise<PoolOutcome>;
  readonly #race: Race;
  readonly #first: PoolRun;
  #second: PoolRun | null = null;
  /** They did not complete. */
  #firstEnd: PoolOutcome | null = null;
  #hasSecondEnded = false;
  /** An outcome is there, or nobody wants one. */
  #isOver = false;
  #isCancelled = false;
  #limits: Limits | null = null;
  #unplan: () => void = () => {};
  #looks = 0;
  #resolve!: (outcome: PoolOutcome) => void;

  /** Throws as the pool does: then there is no run. */
  constructor(race: Race) {
    this.#race = race;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
    const { pool, task, observer } = race;
    this.#first = pool.run({ ...task, limits: () => this.#begins() }, observer);
    void this.#first.done.then((outcome) => this.#firstEnded(outcome));
  }

  /** `done` resolves once both have ended, or one had completed. */
  cancel(): void {
    this.#isOver = this.#isCancelled = true;
    this.#unplan();
    this.#first.cancel();
    this.#second?.cancel();
  }

  /** The first run's own time begins: also of the one that takes its place when its worker died. */
  #begins(): Limits {
    const { task, afterMs } = this.#race;
    this.#limits = task.limits();
    this.#looks = 0;
    this.#unplan();
    const ms = this.#second === null && !this.#isOver ? afterMs() : null;
    if (ms !== null) this.#plan(Math.max(LEAST_MS, ms));
    return this.#limits;
  }

  /** In `ms`; where it may not begin then, it is looked at again each time the first has run twice as long. */
  #plan(ms: number): void {
    this.#unplan = this.#race.env.timer(ms, () => {
      if (this.#isOver) return;
      if (this.#race.mayHedge()) this.#hedge();
      else this.#plan(this.#looks++ === 0 ? ms : 2 * ms);
    });
  }

  #hedge(): void {
    const { pool, task, live, tell } = this.#race;
    const limits = this.#limits ?? task;
    const print = live.newPrint();
    try {
      this.#second = pool.run(
        { ...task, priority: LAST, limits: () => limits },
        { output: (text, bytes) => print.add(text, bytes) },
      );
    } catch {
      // The pool closes, or has no room: the first goes on alone.
      return;
    }
    tell("begun");
    void this.#second.done.then((outcome) => this.#secondEnded(outcome, print));
  }

  #firstEnded(outcome: PoolOutcome): void {
    this.#unplan();
    this.#firstEnd = outcome;
    if (hasCompleted(outcome)) {
      this.#isOver = true;
      this.#second?.cancel();
      this.#resolve(outcome);
    } else if (this.#second === null || this.#hasSecondEnded) {
      this.#isOver = true;
      this.#resolve(outcome);
    }
  }

  #secondEnded(outcome: PoolOutcome, print: PrintedText): void {
    this.#hasSecondEnded = true;
    const first = this.#firstEnd;
    // It came too late.
    if (first !== null && hasCompleted(first)) return;
    if (hasCompleted(outcome)) {
      this.#isOver = true;
      this.#first.cancel();
      this.#race.live.printedInstead(print);
      this.#race.tell("won");
      this.#resolve(outcome);
    } else if (first !== null) {
      // Cancelled by then, it is not to pass for a failure, which might be tried again.
      this.#resolve(this.#isCancelled ? outcome : first);
      this.#isOver = true;
    }
  }
}

const hasCompleted = ({ result }: PoolOutcome): boolean =>
  result.status === "completed";
