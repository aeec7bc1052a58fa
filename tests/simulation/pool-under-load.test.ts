import { describe, expect, test } from "bun:test";
import { type LoadScenario, simulatePool } from "./pool-under-load.ts";

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

describe("the pool under load", () => {
  for (const runs of ["constant", "exponential", "bimodal"] as const)
    for (const load of [0.8, 1.2])
      test(`${runs} runs, ${load * 100} % of capacity`, async () => {
        const outcome = await simulatePool({ ...BASE, runs, load });
        if (process.env["SHOW"]) console.log(runs, load, outcome);
        expect(outcome.kept).toBeGreaterThanOrEqual(0.99);
        expect(outcome.goodput).toBeGreaterThanOrEqual(0.9);
        if (load > 1) expect(outcome.refused).toBeGreaterThan(500);
        if (outcome.refused >= 30)
          expect(outcome.refusalsWithinTwice).toBeGreaterThanOrEqual(0.9);
      });
});
