/**
 * The engine of a front, started with its first use: a client that only lists the tools waits for
 * no database and no worker. A start that failed is tried again by the next use.
 */

import type { Engine } from "./core/engine.ts";

/** An engine and how to end it. */
export interface RunningEngine {
  readonly engine: Engine;
  /** Refuses new tasks, gives running ones `drainMs`, ends the workers, closes the store. Once is enough. */
  close(drainMs: number): Promise<void>;
}

export class LazyEngine {
  readonly started: Promise<Engine>;
  readonly #start: () => Promise<RunningEngine>;
  readonly #announce: (engine: Engine) => void;
  #running: Promise<RunningEngine> | undefined;
  #closed = false;

  constructor(start: () => Promise<RunningEngine>) {
    this.#start = start;
    const { promise, resolve } = Promise.withResolvers<Engine>();
    this.started = promise;
    this.#announce = resolve;
  }

  /** Throws what starting it threw. */
  async engine(): Promise<Engine> {
    if (this.#running === undefined) {
      const running = this.#start();
      this.#running = running;
      running.then(
        ({ engine }) => this.#announce(engine),
        () => (this.#running = undefined),
      );
    }
    return (await this.#running).engine;
  }

  /** Starts it, if it is wanted at all by then; a failure shows with the first use. */
  prepare(): void {
    if (!this.#closed) this.engine().catch(() => {});
  }

  async close(drainMs: number): Promise<void> {
    this.#closed = true;
    const running = await this.#running?.catch(() => undefined);
    await running?.close(drainMs);
  }
}
