/** Chance for replays: the same seed gives the same numbers everywhere. */

import { seededWords } from "../learning/seeded-words.ts";

/** Numbers above 0 and below 1. */
export function seededChance(seed: number): () => number {
  const words = seededWords(seed);
  return () => (words() + 0.5) / 2 ** 32;
}

/** The places 0..count-1, shuffled (Fisher and Yates). */
export function seededOrder(count: number, seed: number): number[] {
  const chance = seededChance(seed);
  const order = Array.from({ length: count }, (_, at) => at);
  for (let last = count - 1; last > 0; last--) {
    const at = Math.floor(chance() * (last + 1));
    const moved = order[last] ?? 0;
    order[last] = order[at] ?? 0;
    order[at] = moved;
  }
  return order;
}
