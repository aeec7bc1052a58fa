/**
 * Tasks that have nothing to do with what is measured beside them: one every few milliseconds, each
 * answer checked. Latency counts from the moment a task was due, so that a stalled pool cannot hide
 * behind tasks that were submitted late.
 */

import type { PoolKind, PoolRun } from "../flow-balancer/pool/pool-task.ts";
import { moduleKind } from "./own-pool.ts";

export interface StreamFigures {
  /** Of each task that completed, ms. */
  readonly latencies: readonly number[];
  readonly sent: number;
  /** One text for each task that did not complete with the right value. */
  readonly harmed: readonly string[];
}

export interface StreamOptions {
  /** Between two tasks. */
  readonly everyMs?: number;
}

type Submit = (kind: PoolKind, input: unknown) => PoolRun;

/** 200 a second: a worker is busy with them for a few percent of its time. */
const EVERY_MS = 5;
const KIND = moduleKind("double");

export class SteadyStream {
  readonly #submit: Submit;
  readonly #everyMs: number;
  readonly #latencies: number[] = [];
  readonly #harmed: string[] = [];
  readonly #pending = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  #sent = 0;
  #stopped = false;

  /** Begins at once. */
  constructor(submit: Submit, { everyMs = EVERY_MS }: StreamOptions = {}) {
    this.#submit = submit;
    this.#everyMs = everyMs;
    this.#running = this.#run();
  }

  /** Resolves when all that was sent has ended. */
  async stop(): Promise<StreamFigures> {
    this.#stopped = true;
    await this.#running;
    await Promise.all(this.#pending);
    return {
      latencies: this.#latencies,
      sent: this.#sent,
      harmed: this.#harmed,
    };
  }

  async #run(): Promise<void> {
    for (
      let dueAt = performance.now();
      !this.#stopped;
      dueAt += this.#everyMs
    ) {
      // Woken too early, it sleeps again: nothing is sent before it is due.
      for (let left = dueAt - performance.now(); left > 0;) {
        await Bun.sleep(Math.max(1, left));
        left = dueAt - performance.now();
      }
      const task = this.#task(dueAt, ++this.#sent);
      this.#pending.add(task);
      void task.then(() => this.#pending.delete(task));
    }
  }

  async #task(dueAt: number, serial: number): Promise<void> {
    try {
      const { result } = await this.#submit(KIND, serial).done;
      this.#latencies.push(performance.now() - dueAt);
      if (result.status !== "completed")
        this.#harmed.push(`${result.status}: ${result.error.message}`);
      else if (result.valueJson !== String(2 * serial))
        this.#harmed.push(`a wrong answer: ${result.valueJson.slice(0, 100)}`);
    } catch (thrown) {
      this.#harmed.push(`refused: ${String(thrown)}`);
    }
  }
}

/** The same stream for a given time. */
export async function streamFor(
  ms: number,
  submit: Submit,
): Promise<StreamFigures> {
  const stream = new SteadyStream(submit);
  await Bun.sleep(ms);
  return stream.stop();
}
