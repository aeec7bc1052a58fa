/** Durations as traces have them: log-normal, seeded. */

import { seededRandom } from "../../benchmarks/seeded-random.ts";

export interface DurationShape {
  readonly count: number;
  readonly seed: number;
  /** Of the logarithm. */
  readonly deviation: number;
}

/** ms */
export function durationsOf({
  count,
  seed,
  deviation,
}: DurationShape): number[] {
  const random = seededRandom(seed);
  // Box and Muller.
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from(
    { length: count },
    () => 1_000 * Math.exp(deviation * normal()),
  );
}
