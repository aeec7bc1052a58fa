/**
 * Which tasks may be run a second time while their first run takes long, and when: only what has no
 * effects, no session and no limit that anybody named, where a worker is idle and nothing waits, and no
 * more than a share of the tasks. Of one server, since its start.
 */

import { Budget } from "./core/budget.ts";
import type { Env } from "./core/ports.ts";
import { HedgedRun } from "./hedged-run.ts";
import type { LiveTask } from "./live-task.ts";
import type { KindRegistry } from "./pool/kind-registry.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import type { PoolObserver, PoolRun, PoolTask } from "./pool/pool-task.ts";

type Kind = ReturnType<KindRegistry["get"]>;

/** At most one second run for twenty first ones, and five saved up, since what is slow comes in clusters: "The Tail at Scale" found 5 % of extra load to be enough. */
const TERMS = { share: 0.05, perMinute: 0, burst: 5 } as const;
/** Where fewer of a kind's second runs win, its long runs are long by what they are given, and would be again: then of PROBE tokens one is used, so that a change shows. */
const LEAST_WINS = 0.15;
const PROBE = 10;
/** So many are tried before they are judged; beyond so many, older ones count half. */
const TRIAL = 10;
const REMEMBERED = 40;

/** What came of a kind's second runs. */
interface Tried {
  begun: number;
  won: number;
  /** Tokens it was given for another second run, once too few had won. */
  passed: number;
}

export interface HedgingOptions {
  readonly env: Pick<Env, "mono" | "timer">;
  readonly pool: Pick<MultiTierPoolManager, "run" | "status">;
  /** How long such a run is usually over after, ms; null: too few were seen. */
  readonly afterMs: (kind: string, bucket: string) => number | null;
  readonly log: (
    level: "debug",
    event: string,
    details: Readonly<Record<string, unknown>>,
  ) => void;
}

export class Hedging {
  readonly #options: HedgingOptions;
  readonly #budget: Budget;
  /** As many as there are kinds. */
  readonly #kinds = new Map<string, Tried>();

  constructor(options: HedgingOptions) {
    this.#options = options;
    this.#budget = new Budget(TERMS, options.env.mono());
  }

  /** As the pool runs it, throws included; `task` is what it is asked for. */
  run(
    live: LiveTask,
    kind: Kind,
    task: PoolTask,
    observer: PoolObserver,
  ): PoolRun {
    const { env, pool, afterMs, log } = this.#options;
    const { limits } = task;
    if (limits === undefined || !mayRunTwiceAtOnce(live, kind))
      return pool.run(task, observer);
    this.#budget.earn(env.mono());
    const { id, kind: name } = live.record;
    return new HedgedRun({
      env,
      pool,
      live,
      task: { ...task, limits },
      observer,
      afterMs: () => afterMs(name, live.bucket),
      mayHedge: () =>
        this.#hasIdleWorker() &&
        this.#budget.spend(env.mono()) &&
        isWorthIt(this.#of(name)),
      tell: (what) => {
        this.#note(this.#of(name), what);
        log("debug", `hedge.${what}`, { task: id, kind: name });
      },
    });
  }

  #note(tried: Tried, what: "begun" | "won"): void {
    tried[what]++;
    if (tried.begun <= REMEMBERED) return;
    tried.begun /= 2;
    tried.won /= 2;
  }

  #of(kind: string): Tried {
    const known = this.#kinds.get(kind) ?? { begun: 0, won: 0, passed: 0 };
    this.#kinds.set(kind, known);
    return known;
  }

  #hasIdleWorker(): boolean {
    const { waiting, starting, idle } = this.#options.pool.status();
    return waiting === 0 && starting === 0 && idle > 0;
  }
}

const isWorthIt = (tried: Tried): boolean =>
  tried.begun < TRIAL ||
  tried.won >= LEAST_WINS * tried.begun ||
  ++tried.passed % PROBE === 0;

/** A limit on how many run at a time counts tasks, so what has one is not doubled; nor what shares a worker, which would be the same one. */
const mayRunTwiceAtOnce = (
  { record, terms, dueBy }: LiveTask,
  { pool, hasOwnTimeout }: Kind,
): boolean =>
  pool.effects === "none" &&
  pool.source.type === "module" &&
  pool.concurrency === null &&
  pool.inFlight === 1 &&
  !terms.runsOnce &&
  terms.group === null &&
  record.session === null &&
  record.timeoutMs === null &&
  !hasOwnTimeout &&
  dueBy === null;
