import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  type LoadOutcome,
  type LoadScenario,
  simulatePool,
} from "./pool-under-load.ts";

setDefaultTimeout(60_000);

const BASE: LoadScenario = {
  seed: 1,
  workers: 4,
  tasks: 5_000,
  load: 1.2,
  runs: "exponential",
  meanRunMs: 100,
  deadlineMs: 3_000,
  spawnMs: 40,
  loadMs: 20,
};

function holds(outcome: LoadOutcome): void {
  expect(outcome.kept).toBeGreaterThanOrEqual(0.99);
  expect(outcome.goodput).toBeGreaterThanOrEqual(0.9);
  if (outcome.refused >= 30)
    expect(outcome.refusalsWithinTwice).toBeGreaterThanOrEqual(0.9);
}

describe("the whole pool under load keeps its promises", () => {
  for (const runs of ["constant", "exponential", "bimodal"] as const) {
    for (const load of [0.8, 1.2])
      test(`${runs} runs, ${load * 100} % of capacity`, async () => {
        for (const seed of [1, 2]) {
          const outcome = await simulatePool({ ...BASE, runs, load, seed });
          holds(outcome);
          if (load > 1) expect(outcome.refused).toBeGreaterThan(500);
          else expect(outcome.refused).toBe(0);
        }
      });

    test(`${runs} runs, on workers that take 0.6 s until they run the first task`, async () => {
      const slow = { spawnMs: 400, loadMs: 200 };
      holds(await simulatePool({ ...BASE, ...slow, runs }));
    });
  }

  test("the same seed gives the same run, another one another", async () => {
    const few = { ...BASE, tasks: 500 };
    const once = await simulatePool(few);
    expect(await simulatePool(few)).toEqual(once);
    expect(await simulatePool({ ...few, seed: 2 })).not.toEqual(once);
  });
});
