/** Whatever is paused, limited, drained and killed between tasks: no control is broken, and every task ends. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { TierPlay } from "./tier-play.ts";
import { steps, type TierStep } from "./tier-steps.ts";

const settings = fc.record({
  maxWorkers: fc.integer({ min: 1, max: 4 }),
  spareWorkers: fc.integer({ min: 0, max: 1 }),
});

test("controls at random between tasks: limits hold, pauses hold, every task ends once it may", async () => {
  let steered = 0;
  await fc.assert(
    fc.asyncProperty(settings, steps, async (more, all: TierStep[]) => {
      steered += all.filter(({ type }) => type === "steer").length;
      await new TierPlay(more).play(all);
    }),
    { numRuns: 80, seed: 6 },
  );
  expect(steered).toBeGreaterThan(200);
}, 60_000);
