/**
 * A contest: contenders in processes of their own, measured in rounds. Who must take part stops
 * it by failing; a peer that fails is left out from there on, and why is kept.
 */

import type { Load } from "./closed-loop.ts";
import { ContenderProcess } from "./contender-process.ts";
import type { ContenderOptions } from "./contender.ts";
import { interleave } from "./interleave.ts";

export interface Contender {
  readonly name: string;
  /** The command that starts it, without its options. */
  readonly command: readonly string[];
  readonly options: ContenderOptions;
  /** Ours and the floors: without them there is no result. */
  readonly isNeeded: boolean;
}

/** What came of one contender under one load, all rounds together. */
export interface Sample {
  readonly contender: Contender;
  readonly runtime: string;
  /** us. */
  readonly latencies: number[];
  /** Calls a second, one figure a block. */
  readonly rates: number[];
}

interface Entrant {
  readonly contender: Contender;
  readonly process: ContenderProcess;
}

export interface Pace {
  readonly rounds: number;
  /** Of every block, and of the one before the first round that is not counted. */
  readonly blockMs: number;
  readonly warmUpMs: number;
}

const FIRST_CALLS: Load = { inFlight: 64, ms: 10, chars: 20 };
/** Whoever hangs hangs at once, and each of them costs the run so long. */
const FIRST_ANSWER_MS = 4_000;

export class Contest implements AsyncDisposable {
  /** Who was left out, and why. */
  readonly failures: string[] = [];
  #entrants: Entrant[] = [];

  /** True if it is there and answers right, with many calls in flight too. */
  async enter(contender: Contender): Promise<boolean> {
    try {
      const { command, options } = contender;
      const process = await ContenderProcess.start(command, options);
      this.#entrants.push({ contender, process });
      await process.block(FIRST_CALLS, FIRST_ANSWER_MS);
      return true;
    } catch (thrown) {
      this.#leaveOut(contender, thrown);
      return false;
    }
  }

  async measure(
    load: Omit<Load, "ms">,
    { rounds, blockMs, warmUpMs }: Pace,
  ): Promise<Sample[]> {
    for (const entrant of [...this.#entrants])
      await this.#block(entrant, { ...load, ms: warmUpMs });
    const samples = new Map<Entrant, Sample>(
      this.#entrants.map((entrant) => [
        entrant,
        {
          contender: entrant.contender,
          runtime: entrant.process.runtime,
          latencies: [],
          rates: [],
        },
      ]),
    );
    await interleave([...this.#entrants], rounds, async (entrant) => {
      if (!this.#entrants.includes(entrant)) return;
      const block = await this.#block(entrant, { ...load, ms: blockMs });
      const sample = samples.get(entrant);
      if (block === null || sample === undefined) return;
      for (const latency of block.latencies) sample.latencies.push(latency);
      sample.rates.push((1_000 * block.latencies.length) / block.ms);
    });
    return this.#entrants.flatMap((it) => samples.get(it) ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#entrants.map(({ process }) => process.close()));
  }

  async #block({ contender, process }: Entrant, load: Load) {
    try {
      return await process.block(load);
    } catch (thrown) {
      this.#leaveOut(contender, thrown);
      return null;
    }
  }

  #leaveOut(contender: Contender, thrown: unknown): void {
    const { name } = contender;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    if (contender.isNeeded) throw new Error(`${name}: ${why}`);
    this.#entrants = this.#entrants.filter((it) => it.contender !== contender);
    this.failures.push(`${name} was left out: ${why}`);
  }
}
