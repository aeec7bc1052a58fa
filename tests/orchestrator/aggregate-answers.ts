/** Experts that never were: answers of known quality, the same in every run, for tests of what is made of them. */

import fc from "fast-check";
import type { Belief, Vote } from "../../orchestrator/learning/consensus.ts";
import type { CheckedAnswer } from "../../orchestrator/learning/reliability-counts.ts";
import { seeded } from "./keep-warm-traces.ts";

export const EXPERTS = ["a", "b", "c", "d", "e", "f", "g", "h"] as const;

/** Votes in which each expert has one; keys are few, so that many agree. */
export const votes = (maxLength = 6): fc.Arbitrary<Vote[]> =>
  fc
    .array(fc.constantFrom("x", "y", "z"), { minLength: 1, maxLength })
    .map((keys) =>
      keys.map((key, place) => ({ place, expert: EXPERTS[place] ?? "z", key })),
    );

/** Rates on a grid, so that ties happen. */
export const beliefs: fc.Arbitrary<Belief> = fc
  .record({
    rates: fc.array(fc.integer({ min: 1, max: 9 }), {
      minLength: EXPERTS.length,
      maxLength: EXPERTS.length,
    }),
    collision: fc.constantFrom(1 / 2, 1 / 5, 1 / 15),
    tilt: fc.option(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
        minLength: 64,
        maxLength: 64,
      }),
    ),
  })
  .map(({ rates, collision, tilt }) => ({
    rateOf: (expert) =>
      (rates[EXPERTS.indexOf(expert as (typeof EXPERTS)[number])] ?? 5) / 10,
    runsOf: () => 100,
    collision,
    groupsOf: () =>
      tilt === null
        ? null
        : (bits, chance) => (chance + (tilt[bits % 64] ?? 0)) / 2,
  }));

/** Answers of experts who are right so often; wrong ones are one of `wrong` alike. */
export function answersTo(
  tasks: number,
  rates: Readonly<Record<string, number>>,
  { wrong = 8, seed = 1 }: { wrong?: number; seed?: number } = {},
): CheckedAnswer[][] {
  const chance = seeded(seed);
  return Array.from({ length: tasks }, () =>
    Object.entries(rates).map(([expert, rate]) => {
      const ok = chance() < rate;
      const key = ok ? "right" : `wrong ${Math.floor(chance() * wrong)}`;
      return { expert, key, ok };
    }),
  );
}
