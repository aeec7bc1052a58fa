/**
 * What each worker process holds by itself: its proportional share (PSS) as the kernel reckons it, so
 * that pages which workers share are counted once. A look costs the kernel 0.4 ms for a worker of
 * 36 MiB and more for larger ones, so it is taken for a few seconds; while nobody asks there is none.
 */

import type { Env } from "../core/ports.ts";
import { thisMachine } from "../pool/machine.ts";

/** Good for so long, ms. */
const FRESH_MS = 3_000;
const MIB = 1_048_576;

export interface WorkerMemoryOptions {
  readonly env: Pick<Env, "mono">;
  /** MiB; null: it cannot be told. Default: Pss of /proc/<pid>/smaps_rollup. */
  readonly memoryOf?: (pid: number) => Promise<number | null>;
}

export class WorkerMemory {
  readonly #env: Pick<Env, "mono">;
  readonly #memoryOf: (pid: number) => Promise<number | null>;
  readonly #known = new Map<
    number,
    { at: number; bytes: Promise<number | null> }
  >();

  constructor({ env, memoryOf }: WorkerMemoryOptions) {
    this.#env = env;
    this.#memoryOf = memoryOf ?? thisMachine().memoryOf;
  }

  /** Bytes by pid; null: it is gone, or the kernel does not tell. What is not asked for any more is forgotten. */
  async of(
    pids: readonly number[],
  ): Promise<ReadonlyMap<number, number | null>> {
    const wanted = new Set(pids);
    for (const pid of this.#known.keys())
      if (!wanted.has(pid)) this.#known.delete(pid);
    const found = await Promise.all(
      [...wanted].map(
        async (pid) => [pid, await this.#look(pid)] as [number, number | null],
      ),
    );
    return new Map(found);
  }

  #look(pid: number): Promise<number | null> {
    const now = this.#env.mono();
    const known = this.#known.get(pid);
    if (known !== undefined && now - known.at < FRESH_MS) return known.bytes;
    const bytes = this.#memoryOf(pid).then(
      (mb) => (mb === null ? null : Math.round(mb * MIB)),
      () => null,
    );
    this.#known.set(pid, { at: now, bytes });
    return bytes;
  }
}
