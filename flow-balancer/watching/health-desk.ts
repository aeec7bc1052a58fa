/**
 * Asks the parts of a running server how they are, and has it judged. However many ask, a look is taken
 * four times a second, and the store is written to once, which is the only proof that it can be.
 */

import type { HealthView } from "../../monitoring/api/overview-views.ts";
import { gatherFacts } from "../../monitoring/health/gather-facts.ts";
import type {
  FactSources,
  HealthFacts,
  StartTrial,
} from "../../monitoring/health/health-facts.ts";
import { judgeHealth } from "../../monitoring/health/judge-health.ts";
import { LoopDelay } from "../../monitoring/health/loop-delay.ts";
import type { BalancerError } from "../core/errors.ts";
import type { InstancesStatus, LastBeat, Rhythm } from "../core/instance.ts";
import type { PoolStarts, PoolStatus } from "../core/pool-status.ts";
import type { Env } from "../core/ports.ts";
import type { Store } from "../store/database.ts";
import { CommitWatch } from "./commit-watch.ts";
import { diskRoom, HomeFacts, walBytes } from "./home-facts.ts";
import { StartTrials } from "./start-trials.ts";

export interface HealthParts {
  readonly env: Env;
  readonly home: string;
  readonly store: Store;
  readonly rhythm: Rhythm;
  readonly pool: { status(): PoolStatus; starts(): PoolStarts };
  readonly sharing: { status(): InstancesStatus; lastBeat(): LastBeat };
  readonly upkeep: { refusal(): BalancerError | null };
  /** Starts a worker to see whether one can be started; it is gone again when this resolves. */
  readonly probeStart: () => Promise<StartTrial>;
  /** Of the home's disk; default: as the kernel says. */
  readonly diskRoom?: (home: string) => HealthFacts["disk"];
}

/** Whatever takes longer is failing. */
const BOUND_MS = 2_000;
const GOOD_FOR_MS = 250;
const WRITE_GOOD_FOR_MS = 1_000;

export class HealthDesk {
  readonly #parts: HealthParts;
  readonly #commits: CommitWatch;
  readonly #loop: LoopDelay;
  readonly #home: HomeFacts;
  readonly #trials: StartTrials;
  readonly #touch;
  #last: { readonly at: number; readonly view: Promise<HealthView> } | null =
    null;
  #write: { readonly at: number; readonly ms: Promise<number> } | null = null;
  #isWriting = false;

  constructor(parts: HealthParts) {
    const { env, store, rhythm } = parts;
    this.#parts = parts;
    this.#commits = new CommitWatch(env);
    store.commit.watch(this.#commits);
    this.#loop = new LoopDelay(env);
    this.#home = new HomeFacts(store, env, rhythm);
    this.#trials = new StartTrials(env, parts.probeStart);
    this.#touch = store.raw.prepare<unknown, [string]>(
      "INSERT INTO meta (key, value) VALUES ('last_health_probe', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
  }

  /** Not older than a quarter of a second. Resolves within about two; never rejects. */
  look(): Promise<HealthView> {
    const now = this.#parts.env.mono();
    if (this.#last === null || now - this.#last.at >= GOOD_FOR_MS)
      this.#last = { at: now, view: this.#look() };
    return this.#last.view;
  }

  /** Ends what it measures by itself. */
  stop(): void {
    this.#loop.stop();
  }

  async #look(): Promise<HealthView> {
    const { env } = this.#parts;
    // After the timers that were due: a loop that was held up is not one that stopped.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    const gathered = await gatherFacts(this.#sources(), env, BOUND_MS);
    return judgeHealth(gathered, env.now());
  }

  #sources(): FactSources {
    const { home, rhythm, sharing } = this.#parts;
    const room = this.#parts.diskRoom ?? diskRoom;
    return {
      store: () => this.#store(),
      commit: () => this.#commits.times(),
      pool: () => this.#pool(),
      heartbeat: () => ({ ...rhythm, beat: sharing.lastBeat() }),
      reaper: () => ({
        beat: sharing.lastBeat(),
        overdueMs: this.#home.overdueMs(),
      }),
      disk: () => room(home),
      wal: () => ({ bytes: walBytes(home) }),
      event_loop: () => ({ delay: this.#loop.read() }),
      instances: () => this.#home.neighbours(sharing.status()),
    };
  }

  async #store(): Promise<HealthFacts["store"]> {
    const { env, upkeep } = this.#parts;
    const isOld =
      this.#write === null || env.mono() - this.#write.at >= WRITE_GOOD_FOR_MS;
    // One that still waits for the database is not made more by looking again.
    if (isOld && !this.#isWriting) {
      this.#isWriting = true;
      const ms = this.#touchStore().finally(() => (this.#isWriting = false));
      // Whoever looks hears of it; it may fail between two looks.
      ms.catch(() => {});
      this.#write = { at: env.mono(), ms };
    }
    const writeMs = (await this.#write?.ms) ?? 0;
    const refusal = upkeep.refusal();
    return {
      writeMs,
      refusal: refusal === null ? null : inWords(refusal),
      refused: this.#commits.refusals(),
    };
  }

  /** How long it took, ms. */
  async #touchStore(): Promise<number> {
    const { env, store } = this.#parts;
    const askedAt = env.mono();
    await store.commit.write(() => void this.#touch.run(String(env.now())));
    return env.mono() - askedAt;
  }

  async #pool(): Promise<HealthFacts["pool"]> {
    const { pool } = this.#parts;
    const { busy, idle, starting, maxWorkers, waiting } = pool.status();
    const { failed, reason, waitMs, closing } = pool.starts();
    const ready = busy + idle;
    if (ready + starting > 0) this.#trials.isSeen();
    // One that fails by itself, or is to start none, needs no trial.
    const trial = failed > 0 || closing ? null : await this.#trials.result();
    return {
      ready,
      starting,
      maxWorkers,
      waiting,
      failedStarts: failed,
      reason,
      nextStartMs: Number.isFinite(waitMs) ? waitMs : 0,
      trial,
      closing,
    };
  }
}

const inWords = ({ message, hint }: BalancerError): string =>
  hint === undefined ? message : `${message}. ${hint}`;
