/**
 * The pool as a whole against a model: whatever is asked of it and whatever its workers do, each
 * task settles once and as it may, no limit is broken, and nobody is forgotten.
 */

import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import type { PoolSettings } from "../../flow-balancer/core/pool-settings.ts";
import { commands, type PoolCommand } from "./pool-commands.ts";
import { PoolPlay, SETTINGS } from "./pool-play.ts";

setDefaultTimeout(60_000);

const settings = fc.record({
  maxWorkers: fc.integer({ min: 1, max: 4 }),
  spareWorkers: fc.integer({ min: 0, max: 1 }),
  maxTasksPerWorker: fc.constantFrom(4, 12),
  maxWaiting: fc.constantFrom(3, 12),
});

let steps = 0;

async function play(
  more: Partial<PoolSettings>,
  sequence: readonly PoolCommand[],
): Promise<void> {
  steps += sequence.length;
  await new PoolPlay({ ...SETTINGS, ...more }).play(sequence);
}

test("many short lives of a pool", async () => {
  await fc.assert(fc.asyncProperty(settings, commands(1, 100), play), {
    numRuns: 600,
  });
}, 60_000);

test("a long life of a pool", async () => {
  await fc.assert(fc.asyncProperty(settings, commands(2_000, 2_000), play), {
    numRuns: 1,
    endOnFailure: true,
  });
  expect(steps).toBeGreaterThan(10_000);
}, 60_000);
