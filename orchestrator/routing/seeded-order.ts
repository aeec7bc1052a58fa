/** Chance for replays: the same seed gives the same numbers everywhere (mulberry32, Tommy Ettinger, public domain). */

/** Numbers above 0 and below 1. */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
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
