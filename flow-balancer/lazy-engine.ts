/**
 * The engine of a front, started with its first use: a client that only lists the tools waits for
 * no database and no worker. A start that failed is tried again by the next use.
 */

import type { Steering, Watch } from "../monitoring/watch.ts";
import type { Engine } from "./core/engine.ts";
import { BalancerError } from "./core/errors.ts";

/** An engine as people see and steer it. */
export interface Watching {
  readonly watch: Watch;
  readonly steering: Steering;
  /** For Prometheus. */
  metricsText(): Promise<{
    readonly contentType: string;
    readonly text: string;
  }>;
}

/** An engine and how to end it. */
export interface RunningEngine {
  readonly engine: Engine;
  /** Made with the first use. */
  watching?(): Promise<Watching>;
  /** Refuses new tasks, gives running ones `drainMs`, ends the workers, closes the store. Once is enough. */
  close(drainMs: number): Promise<void>;
}

export class LazyEngine {
  readonly started: Promise<Engine>;
  readonly #make: () => Promise<RunningEngine>;
  readonly #announce: (engine: Engine) => void;
  #running: Promise<RunningEngine> | undefined;
  #closed = false;

  constructor(start: () => Promise<RunningEngine>) {
    this.#make = start;
    const { promise, resolve } = Promise.withResolvers<Engine>();
    this.started = promise;
    this.#announce = resolve;
  }

  /** Throws what starting it threw. */
  async engine(): Promise<Engine> {
    return (await this.#start()).engine;
  }

  /** Throws what starting the engine threw, and NOT_AVAILABLE for one that does not watch itself. */
  async watching(): Promise<Watching> {
    const running = await this.#start();
    if (running.watching === undefined)
      throw new BalancerError(
        "NOT_AVAILABLE",
        "this server does not watch itself",
      );
    return running.watching();
  }

  #start(): Promise<RunningEngine> {
    if (this.#running === undefined) {
      if (this.#closed)
        return Promise.reject(
          new BalancerError("SHUTTING_DOWN", "this server is stopping"),
        );
      const running = this.#make();
      this.#running = running;
      running.then(
        ({ engine }) => this.#announce(engine),
        () => (this.#running = undefined),
      );
    }
    return this.#running;
  }

  /** Starts it, if it is wanted at all by then; a failure shows with the first use, too. */
  prepare(failed: (thrown: unknown) => void = () => {}): void {
    if (!this.#closed) this.engine().catch(failed);
  }

  async close(drainMs: number): Promise<void> {
    this.#closed = true;
    const running = await this.#running?.catch(() => undefined);
    await running?.close(drainMs);
  }
}
