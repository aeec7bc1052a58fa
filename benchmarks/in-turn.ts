/** Times calls that do the same in different ways, in turn (see interleave.ts), with mitata's loop around each turn. */

import { measure } from "mitata";
import { interleave } from "./interleave.ts";
import { type BenchCase, benchCase } from "./report.ts";

export interface Variant {
  readonly name: string;
  /** Once; a promise is waited for. */
  run(): unknown;
}

export interface Turns {
  readonly rounds: number;
  /** A turn; the first two of each are not counted. */
  readonly calls: number;
}

const NS_PER_US = 1_000;

/** us a call, a sample a variant. */
export async function timeInTurn<V extends Variant>(
  variants: readonly V[],
  { rounds, calls }: Turns,
): Promise<ReadonlyMap<V, readonly number[]>> {
  const samples = new Map<V, number[]>(variants.map((it) => [it, []]));
  await interleave(variants, rounds, async (variant) => {
    const { samples: ns } = await measure(() => variant.run(), {
      min_samples: calls,
      max_samples: calls,
      min_cpu_time: 0,
      // Each call by itself, and none left out: percentiles are of calls.
      batch_threshold: 0,
      samples_threshold: Number.MAX_SAFE_INTEGER,
      gc: false,
    });
    samples.get(variant)?.push(...ns.map((it) => it / NS_PER_US));
  });
  return samples;
}

/** The first variant is what the others are against. */
export async function timedCases(
  variants: readonly Variant[],
  turns: Turns,
): Promise<BenchCase[]> {
  const cases: BenchCase[] = [];
  for (const [{ name }, sample] of await timeInTurn(variants, turns))
    cases.push(benchCase(name, "us", sample, cases[0]));
  return cases;
}
