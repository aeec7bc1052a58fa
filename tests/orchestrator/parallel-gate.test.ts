import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonicalise } from "../../orchestrator/learning/canonical-result.ts";
import { ParallelGate } from "../../orchestrator/learning/parallel-gate.ts";
import type { ParallelRun } from "../../orchestrator/learning/parallel-gate-evidence.ts";
import type { GateSettings } from "../../orchestrator/learning/parallel-gate-settings.ts";
import { mix32 } from "../../orchestrator/learning/similarity-hash.ts";
import { wasteOf } from "../../orchestrator/learning/waste.ts";

/** Two experts; `changed`: the second one's answer was accepted. */
function run(changed: boolean): ParallelRun {
  const alone = canonicalise(7);
  const accepted = changed ? canonicalise(8) : alone;
  return {
    experts: 2,
    alone,
    accepted,
    right: null,
    waste: wasteOf([alone, accepted], [1, 1]),
  };
}
const observe = (gate: ParallelGate, times: number, changed: boolean): void => {
  for (let time = 0; time < times; time++) gate.observe("k", run(changed));
};
/** Apart from probes. */
const isSingle = (gate: ParallelGate): boolean =>
  gate.decide("k", 0).mode === "single" || gate.decide("k", 0).probe;

describe("the gate", () => {
  test("lets all run as long as there is little evidence, and says so", () => {
    const gate = new ParallelGate();
    expect(gate.decide("k", 1)).toEqual({
      mode: "parallel",
      probe: false,
      propensity: 1,
      reason: [
        "several experts: thin evidence, 0 runs of several are not enough (20 are)",
      ],
    });
    observe(gate, 19, false);
    expect(gate.explain("k")[0]).toContain("19 runs of several are not enough");
    // By default 44 runs without a change are enough to be sure; where more may be lost, the least is 20.
    observe(gate, 24, false);
    expect(isSingle(gate)).toBe(false);
    observe(gate, 2, false);
    expect(isSingle(gate)).toBe(true);
    const bold = new ParallelGate({ maxLoss: 0.4 });
    observe(bold, 19, false);
    expect(isSingle(bold)).toBe(false);
    observe(bold, 1, false);
    expect(isSingle(bold)).toBe(true);
    expect(gate.explain("other")[0]).toContain("thin evidence, 0 runs");
  });

  test("says what it rests on, shares rounded down", () => {
    const gate = new ParallelGate();
    observe(gate, 60, false);
    expect(gate.explain("k")).toEqual([
      "one expert is enough",
      "the others gained nothing in 98 % of 60 runs of several (learned mean, recent ones weigh more)",
      "P(one loses less than 5 %) is 0.95",
      "50 % of the cost of several went into what was there already",
      "5 % of tasks still run with several; all do once it is as sure that one loses more",
    ]);
    observe(gate, 30, true);
    expect(gate.explain("k").slice(0, 3)).toEqual([
      "several experts",
      "the others gained nothing in 66 % of 90 runs of several (learned mean, recent ones weigh more)",
      "P(one loses less than 5 %) is 0.00",
    ]);
    gate.observe("k", {
      ...run(true),
      right: { alone: true, accepted: false },
    });
    expect(gate.explain("k")[2]).toMatch(/^they did harm in \d %$/);
  });

  test("a run of one expert shows nothing", () => {
    const gate = new ParallelGate();
    for (let time = 0; time < 50; time++)
      gate.observe("k", { ...run(false), experts: 1 });
    expect(gate.snapshot().kinds).toEqual([]);
  });

  test("doesn't go to one expert where it isn't sure, whatever the mean", () => {
    const gate = new ParallelGate();
    for (let time = 0; time < 20; time++) {
      observe(gate, 5, false);
      observe(gate, 1, true);
    }
    expect(isSingle(gate)).toBe(false);
    const bold = new ParallelGate({ maxLoss: 0.4 });
    bold.merge(gate.snapshot());
    expect(isSingle(bold)).toBe(true);
  });

  test("what was checked counts: changes that do no good are no gain, and harm makes up for good", () => {
    const gate = new ParallelGate();
    const checked = (alone: boolean, accepted: boolean) =>
      gate.observe("k", { ...run(true), right: { alone, accepted } });
    for (let time = 0; time < 25; time++) {
      checked(true, true);
      checked(false, false);
    }
    expect(isSingle(gate)).toBe(true);
    // Good and harm as often: nothing is lost by one.
    for (let time = 0; time < 60; time++) checked(time % 3 > 0, time % 3 !== 1);
    expect(isSingle(gate)).toBe(true);
    for (let time = 0; time < 30; time++) checked(time % 2 > 0, true);
    expect(isSingle(gate)).toBe(false);
  });

  test("doesn't go to one expert where the others gain too often, for all the harm they do", () => {
    const gate = new ParallelGate();
    const ways = [
      [false, true],
      [false, true],
      [true, false],
      [true, true],
    ];
    for (let time = 0; time < 100; time++) {
      const [alone = false, accepted = false] = ways[time % 4] ?? [];
      gate.observe("k", { ...run(true), right: { alone, accepted } });
    }
    const among = (wasteThreshold: number): boolean =>
      isSingle(
        ParallelGate.restore(gate.snapshot(), { wasteThreshold, maxLoss: 0.4 }),
      );
    expect([among(0.6), among(0.4)]).toEqual([false, true]);
  });

  test("comes back once the others matter again, within 10 probes", () => {
    const gate = new ParallelGate();
    observe(gate, 500, false);
    let probes = 0;
    for (let seed = 0; isSingle(gate); seed++)
      if (gate.decide("k", seed).probe) {
        gate.observe("k", run(true));
        probes++;
      }
    expect(probes).toBeLessThanOrEqual(10);
    expect(probes).toBeGreaterThan(2);
  });
});

describe("probes", () => {
  test("are 5 % of tasks by their seeds, the same ones in every copy", () => {
    const gate = new ParallelGate();
    observe(gate, 60, false);
    const copy = ParallelGate.restore(
      JSON.parse(JSON.stringify(gate.snapshot())),
    );
    const seeds = Array.from({ length: 5_000 }, (_, at) => at * 7_919);
    const decisions = seeds.map((seed) => gate.decide("k", seed));
    expect(seeds.map((seed) => copy.decide("k", seed))).toEqual(decisions);
    const probes = decisions.filter(({ probe }) => probe).length;
    expect(Math.abs(probes / seeds.length - 0.05)).toBeLessThan(0.01);
    for (const { mode, probe, propensity } of decisions) {
      expect(mode).toBe(probe ? "parallel" : "single");
      expect(propensity).toBeCloseTo(probe ? 0.05 : 0.95, 12);
    }
  });
});

const settings = fc
  .record({
    wasteThreshold: fc.double({ min: 0.3, max: 0.9, noNaN: true }),
    sureness: fc.double({ min: 0.8, max: 0.95, noNaN: true }),
    minRuns: fc.integer({ min: 10, max: 40 }),
    maxLoss: fc.double({ min: 0.02, max: 0.5, noNaN: true }),
    more: fc.nat(60),
  })
  .map(({ more, ...given }): Partial<GateSettings> => ({
    ...given,
    memoryRuns: given.minRuns + more,
  }));
/** Better and worse days after one another. */
const history = fc
  .array(
    fc.record({
      changedShare: fc.constantFrom(0, 0, 0.1, 0.5, 1),
      runs: fc.integer({ min: 20, max: 100 }),
      seed: fc.nat(),
    }),
    { minLength: 1, maxLength: 4, size: "max" },
  )
  .map((days) =>
    days.flatMap(({ changedShare, runs, seed }) =>
      Array.from(
        { length: runs },
        (_, at) => mix32(seed + at) / 2 ** 32 < changedShare,
      ),
    ),
  );

describe("whatever was observed,", () => {
  test("no single observation turns the gate back that has just turned", () => {
    let turns = 0;
    fc.assert(
      fc.property(settings, history, fc.boolean(), (given, seen, next) => {
        const gate = new ParallelGate(given);
        let before = false;
        let turnedAt = -2;
        for (const [at, changed] of [...seen, next].entries()) {
          gate.observe("k", run(changed));
          const now = gate.snapshot().kinds[0]?.single ?? false;
          if (now !== before) {
            turns++;
            expect(at - turnedAt).toBeGreaterThan(1);
            turnedAt = at;
          }
          before = now;
        }
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(turns).toBeGreaterThan(50);
  });

  test("merging is learning both, in any order, as long as nothing fades", () => {
    const part = fc.array(fc.boolean(), { maxLength: 24 });
    fc.assert(
      fc.property(part, part, (one, other) => {
        const learned = (seen: readonly boolean[]) => {
          const gate = new ParallelGate();
          for (const changed of seen) gate.observe("k", run(changed));
          return gate;
        };
        const counts = (gate: ParallelGate) =>
          gate.snapshot().kinds.map((it) => ({ ...it, single: null }));
        const ab = ParallelGate.restore(learned(one).snapshot());
        ab.merge(learned(other).snapshot());
        const ba = ParallelGate.restore(learned(other).snapshot());
        ba.merge(learned(one).snapshot());
        expect(ba.snapshot()).toEqual(ab.snapshot());
        // One expert alone has a shorter memory: compared where it didn't come to that.
        const both = learned([...one, ...other]);
        if (!isSingle(both) && !isSingle(ab))
          expect(counts(ab)).toEqual(counts(both));
      }),
      { seed: 2 },
    );
  });

  test("a snapshot comes back as it was", () => {
    fc.assert(
      fc.property(history, (seen) => {
        const gate = new ParallelGate();
        for (const changed of seen) gate.observe("k", run(changed));
        const copy = ParallelGate.restore(
          JSON.parse(JSON.stringify(gate.snapshot())),
        );
        expect(copy.snapshot()).toEqual(gate.snapshot());
        expect(copy.decide("k", 5)).toEqual(gate.decide("k", 5));
      }),
      { seed: 3, numRuns: 50 },
    );
  });
});

test("4,096 kinds at most: the one longest without a run is forgotten", () => {
  const gate = new ParallelGate();
  gate.observe("old", run(false));
  gate.observe("seen again", run(false));
  for (let kind = 0; kind < 4_096; kind++) {
    gate.observe(`${kind}`, run(false));
    if (kind === 100) gate.observe("seen again", run(false));
  }
  const kinds = gate.snapshot().kinds.map(({ kind }) => kind);
  expect(kinds.length).toBe(4_096);
  expect(kinds).not.toContain("old");
  expect(kinds).not.toContain("0");
  expect(kinds).toContain("seen again");
});
