import { describe, expect, test } from "bun:test";
import { DeadlineLearner } from "../../orchestrator/learning/deadline-learner.ts";
import { logNormal, OPTIONS, run } from "./deadline-runs.ts";
import { seeded } from "./keep-warm-traces.ts";

interface World {
  readonly runs: number;
  /** The nth run's length, ms; null: it hangs. */
  readonly nextMs: (nth: number) => number | null;
  readonly hasBeats?: boolean;
}

interface Lived {
  /** Healthy ones that were ended by their limit, by number. */
  readonly killed: number[];
  /** How long those that hang went on, ms. */
  readonly hung: number[];
  readonly learner: DeadlineLearner;
}

/** Runs what a server would: each under the limit of its time, of which only the end is seen. */
function live({ runs, nextMs, hasBeats = false }: World): Lived {
  const learner = new DeadlineLearner(OPTIONS);
  const killed: number[] = [];
  const hung: number[] = [];
  for (let nth = 0; nth < runs; nth++) {
    const { softMs, maxMs } = learner.limit("build", "");
    const ms = nextMs(nth);
    // What hangs is silent.
    const limitMs = hasBeats && ms !== null ? maxMs : softMs;
    if (ms === null) hung.push(limitMs);
    else if (ms > limitMs) killed.push(nth);
    const isEnded = ms === null || ms > limitMs;
    learner.observe(
      run({
        state: isEnded ? "timed_out" : "completed",
        runMs: isEnded ? limitMs : ms,
        hasBeats: hasBeats && ms !== null,
      }),
    );
  }
  return { killed, hung, learner };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, it) => sum + it, 0) / values.length;

describe("misses stay near their target of 1 %, seen only up to where they were killed:", () => {
  test.each([
    ["much alike", 0.05],
    ["as most work is", 0.5],
    ["heavy-tailed", 1.5],
  ])("%s", (_, sigma) => {
    const { killed } = live({
      runs: 3_000,
      nextMs: logNormal(6, 5_000, sigma),
    });
    expect(killed.length).toBeGreaterThan(0);
    expect(killed.length).toBeLessThanOrEqual(0.013 * 3_000);
  });

  test("nearly none where runs give signs of life", () => {
    const nextMs = logNormal(7, 5_000, 0.5);
    const { killed } = live({ runs: 3_000, nextMs, hasBeats: true });
    expect(killed.length).toBeLessThanOrEqual(1);
  });
});

describe("work that changes:", () => {
  test.each([false, true])(
    "that becomes twice as long gets through after a few misses (signs of life: %p)",
    (hasBeats) => {
      const ms = logNormal(8, 5_000, 0.1);
      const nextMs = (nth: number) => (nth < 500 ? 1 : 2) * ms();
      const { killed, learner } = live({ runs: 700, nextMs, hasBeats });
      const after = killed.filter((nth) => nth >= 500);
      expect(after.length).toBeLessThanOrEqual(hasBeats ? 0 : 4);
      expect(learner.limit("build", "").softMs).toBeGreaterThan(10_000);
    },
  );

  test("that becomes a hundred times as long gets through too", () => {
    const ms = logNormal(9, 5_000, 0.1);
    const nextMs = (nth: number) => (nth < 300 ? 1 : 100) * ms();
    const silent = live({ runs: 500, nextMs });
    const alive = live({ runs: 500, nextMs, hasBeats: true });
    expect(silent.killed.filter((nth) => nth >= 300).length).toBeWithin(1, 20);
    expect(alive.killed.filter((nth) => nth >= 300).length).toBeWithin(1, 5);
  });

  test.each([
    ["none", 15_000],
    // Those that hung have also made it careful.
    ["some", 45_000],
  ])(
    "that becomes a tenth as long has a shorter limit after some 30 runs (hanging before: %s)",
    (hanging, atMost) => {
      const ms = logNormal(10, 50_000, 0.1);
      const nextMs = (nth: number) =>
        hanging === "some" && nth < 300 && nth % 60 === 59
          ? null
          : (nth < 300 ? 1 : 0.1) * ms();
      const { learner } = live({ runs: 340, nextMs });
      expect(learner.limit("build", "").softMs).toBeLessThan(atMost);
    },
  );
});

describe("what hangs:", () => {
  test.each([false, true])(
    "one in 50, dies long before 300 s, and the others live (signs of life: %p)",
    (hasBeats) => {
      const chance = seeded(11);
      const ms = logNormal(12, 5_000, 0.1);
      const nextMs = () => (chance() < 0.02 ? null : ms());
      const { killed, hung } = live({ runs: 1_500, nextMs, hasBeats });
      expect(hung.length).toBeGreaterThan(20);
      expect(mean(hung)).toBeLessThan(75_000);
      expect(killed.length).toBeLessThanOrEqual(hasBeats ? 0 : 8);
    },
  );

  test("always, is given no more than four times the default", () => {
    const { hung } = live({ runs: 100, nextMs: () => null });
    expect(Math.max(...hung)).toBeLessThanOrEqual(4 * OPTIONS.defaultMs);
    expect(hung.toSorted((a, b) => a - b)).toEqual(hung);
  });

  test("for a while, does not leave its mark for long", () => {
    const ms = logNormal(13, 5_000, 0.1);
    const nextMs = (nth: number) => (nth >= 300 && nth < 315 ? null : ms());
    const { learner } = live({ runs: 620, nextMs });
    expect(learner.limit("build", "").softMs).toBeLessThan(30_000);
  });
});
