/** One task that fails on purpose in a pool that others use, and what became of it, of its worker and of its processes. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Effects } from "../flow-balancer/core/task.ts";
import type { PoolKind } from "../flow-balancer/pool/pool-task.ts";
import type { PoolEvent } from "../flow-balancer/pool/worker-pool.ts";
import { builtInKind, WatchedPool } from "./watched-pool.ts";
import { codeOf, type WayToFail } from "./ways-to-fail.ts";

export interface Trial {
  readonly name: string;
  readonly effects: Effects;
  /** The task's status, or the code of its error. */
  readonly outcome: string;
  /** From the submission to the outcome, ms. */
  readonly settledMs: number;
  /** From then on until nothing it had started was left, ms; no more is waited than SURVIVAL_MS. */
  readonly goneMs: number;
  /** Processes that were left after that. */
  readonly survivors: number;
}

/** Of a worker, while the pool was watched. */
export interface NotedDeath {
  /** The signal or the exit code. */
  readonly by: string | number;
  /** Until there were as many workers again, ms; Infinity: not for REPLACED_MS. */
  readonly replacedMs: number;
}

/** After its outcome a task may be the cause of processes for so long. */
const SURVIVAL_MS = 2_500;
const LOOK_MS = 10;
const REPLACED_MS = 5_000;

const HANG_TIMEOUT_MS = 80;
/** No way of dying takes longer on a busy machine; a trial that meets it fails. */
const DEATH_TIMEOUT_MS = 10_000;

export class FaultyPool {
  readonly own: WatchedPool;
  readonly deaths: NotedDeath[] = [];
  /** Tasks that began again after they had ended. */
  startedAfterEnd = 0;
  readonly #replacements: Promise<void>[] = [];
  /** As many workers as there are when nothing happens. */
  #usual = 0;

  constructor(startTimeoutMs: number) {
    this.own = new WatchedPool({
      maxWorkers: 8,
      spareWorkers: 2,
      startTimeoutMs,
      onEvent: (event) => this.#note(event),
    });
  }

  async open(): Promise<void> {
    await this.own.idle(2);
    this.#usual = this.own.ready;
  }

  async trial(way: WayToFail, effects: Effects, name: string): Promise<Trial> {
    const submittedAt = performance.now();
    let isOver = false;
    const { kind, input } = this.#task(way, effects, name);
    const run = this.own.submit(kind, input, {
      timeoutMs: way.type === "hang" ? HANG_TIMEOUT_MS : DEATH_TIMEOUT_MS,
      observer: {
        started: () => {
          if (isOver) this.startedAfterEnd++;
        },
        log: (pid) => {
          if (way.killedFromOutside) process.kill(Number(pid), "SIGKILL");
        },
      },
    });
    const { result } = await run.done;
    isOver = true;
    const settledAt = performance.now();
    const survivors = await this.#untilGone(settledAt + SURVIVAL_MS);
    return {
      name,
      effects,
      outcome: "error" in result ? result.error.code : result.status,
      settledMs: settledAt - submittedAt,
      goneMs: performance.now() - settledAt,
      survivors,
    };
  }

  /** Resolves when the dead have been replaced. */
  async replaced(): Promise<void> {
    await Promise.all(this.#replacements.splice(0));
  }

  /** How often the code of each trial ran. */
  runs(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const name of readFileSync(this.#runsFile, "utf8").split("\n"))
      if (name !== "") counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts;
  }

  get #runsFile(): string {
    return join(this.own.folder, "runs");
  }

  /** A kind of its own for each: what kills makes its kind suspect, and no trial is to wait for another. */
  #task(
    way: WayToFail,
    effects: Effects,
    name: string,
  ): { kind: PoolKind; input: unknown } {
    const code = codeOf(way, name);
    const more = { effects, memoryMb: way.memoryMb ?? null };
    if (way.isModule !== true)
      return {
        kind: builtInKind("script", { ...more, name }),
        input: { code },
      };
    const path = join(this.own.folder, `${name}.ts`);
    writeFileSync(path, code);
    const kind = builtInKind("script", {
      ...more,
      name,
      source: { type: "module", path },
    });
    return { kind, input: {} };
  }

  /** Looks at once: the death of a worker takes its processes with it. */
  async #untilGone(giveUpAt: number): Promise<number> {
    for (;;) {
      const { length } = this.own.survivors();
      if (length === 0 || performance.now() > giveUpAt) return length;
      await Bun.sleep(LOOK_MS);
    }
  }

  #note(event: PoolEvent): void {
    if (event.type !== "worker.exited") return;
    const { signal, exitCode } = event.death;
    this.#replacements.push(
      this.#untilReplaced(signal ?? exitCode ?? "unknown"),
    );
  }

  async #untilReplaced(by: string | number): Promise<void> {
    const diedAt = performance.now();
    const giveUpAt = diedAt + REPLACED_MS;
    while (this.own.ready < this.#usual && performance.now() < giveUpAt)
      await Bun.sleep(1);
    const isReplaced = this.own.ready >= this.#usual;
    const replacedMs = isReplaced
      ? performance.now() - diedAt
      : Number.POSITIVE_INFINITY;
    this.deaths.push({ by, replacedMs });
  }
}
