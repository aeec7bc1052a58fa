/**
 * Looks at the machine behind the back of requests: how hard its processors are pressed, and how
 * much memory the workers have, those that did something since the last look. A pool in which
 * nothing happens is not looked at.
 */

import type { Env } from "../core/ports.ts";
import type { Machine } from "./machine.ts";
import { remeasured, type MemoryRecord } from "./recycling.ts";

export interface WatchedWorker {
  readonly pid: number;
  readonly state: string;
  readonly tasksDone: number;
  readonly loaded: ReadonlySet<string>;
}

const EVERY_MS = 3_000;
/** Above this share of time in which somebody waits for a processor another process makes things worse, percent. */
const PRESSED_PERCENT = 60;
/** Assumed of a worker that was not measured, MiB; a bare one has 6 of its own and 30 shared. */
const USUAL_MB = 16;

export interface MachineWatchOptions<W> {
  readonly env: Env;
  readonly machine: Machine;
  readonly budgetMb: number;
  readonly workers: () => readonly W[];
  /** What one has, MiB. */
  readonly measured?: (worker: W, mb: number) => void;
  /** After each look. */
  readonly looked: () => void;
}

export class MachineWatch<W extends WatchedWorker> {
  readonly #options: MachineWatchOptions<W>;
  readonly #memory = new WeakMap<W, MemoryRecord>();
  /** Tasks done at the last measurement. */
  readonly #measuredAt = new WeakMap<W, number>();
  #pressure: number | null = null;
  #isOn = false;
  #isStopped = false;

  constructor(options: MachineWatchOptions<W>) {
    this.#options = options;
  }

  get isPressed(): boolean {
    return this.#pressure !== null && this.#pressure > PRESSED_PERCENT;
  }

  memoryOf(worker: W): MemoryRecord | null {
    return this.#memory.get(worker) ?? null;
  }

  /** Of the workers that stay, MiB. */
  get totalMb(): number {
    let total = 0;
    for (const worker of this.#options.workers())
      if (worker.state !== "retiring") total += this.sizeMb(worker);
    return total;
  }

  /** What the workers have beyond the budget, MiB; 0 or less: nothing. */
  get overBudgetMb(): number {
    return this.totalMb - this.#options.budgetMb;
  }

  /** Workers as large as those there are on average that the budget has room for. */
  roomForWorkers(): number {
    const { budgetMb, workers } = this.#options;
    const count = workers().filter((it) => it.state !== "retiring").length;
    const total = this.totalMb;
    const each = count === 0 ? USUAL_MB : Math.max(USUAL_MB, total / count);
    return Math.max(0, Math.floor((budgetMb - total) / each));
  }

  /** Something happens in the pool: looks from now on, until nothing does. */
  wake(): void {
    if (this.#isOn || this.#isStopped) return;
    this.#isOn = true;
    this.#options.env.timer(EVERY_MS, () => void this.#look());
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #look(): Promise<void> {
    const { machine, workers, looked, measured } = this.#options;
    this.#pressure = await machine.cpuPressure();
    let active = false;
    for (const worker of workers()) {
      if (this.#isStopped) return;
      if (!this.#hasWorked(worker)) continue;
      active = true;
      const { tasksDone, pid, loaded } = worker;
      this.#measuredAt.set(worker, tasksDone);
      const mb = await machine.memoryOf(pid);
      // It may have ended meanwhile.
      if (mb === null) continue;
      measured?.(worker, mb);
      this.#memory.set(
        worker,
        remeasured(this.#memory.get(worker), mb, {
          tasksDone,
          kinds: loaded.size,
        }),
      );
    }
    this.#isOn = false;
    if (this.#isStopped) return;
    looked();
    if (active) this.wake();
  }

  #hasWorked(worker: W): boolean {
    return (
      worker.state === "busy" ||
      this.#measuredAt.get(worker) !== worker.tasksDone
    );
  }

  /** Measured, or what is usual; MiB. */
  sizeMb(worker: W): number {
    return this.#memory.get(worker)?.memoryMb ?? USUAL_MB;
  }
}
