import { describe, expect, test } from "bun:test";
import { loadCases, type LoadSample } from "../../benchmarks/pool-targets.ts";
import { benchCase, isMet } from "../../benchmarks/report.ts";
import {
  claimCostTarget,
  contentionTarget,
  contestTargets,
  startTargets,
} from "../../benchmarks/store-targets.ts";

const sample = (
  role: LoadSample["role"],
  latency: number,
  rate: number,
): LoadSample => ({ name: role, role, latencies: [latency], rates: [rate] });

const contest = (latency1: number, rate512: number) =>
  new Map(
    [1, 64, 512].map((inFlight) => [
      inFlight,
      loadCases(
        [sample("floor", 100, 200_000), sample("ours", latency1, rate512)],
        `${inFlight} in flight`,
      ),
    ]),
  );

const cases = (unit: string, ...p50s: readonly (readonly [number, number])[]) =>
  new Map(p50s.map(([n, it]) => [n, benchCase(String(n), unit, [it])]));

describe("the contest of stores", () => {
  test.each([
    ["normal", 150, 75_000, [true, true]],
    ["normal", 151, 74_999, [false, false]],
    ["full", 150, 50_000, [true, true]],
    ["full", 150, 49_999, [false, true]],
  ] as const)("%s: %d us, %d a second", (durability, latency, rate, met) => {
    const targets = contestTargets(contest(latency, rate), durability);
    expect(targets.map(isMet)).toEqual([...met]);
  });

  test("needs the loads that something was promised of", () => {
    expect(() => contestTargets(new Map(), "full")).toThrow("not measured");
  });
});

test("four processes may lose 30 % of what one does alone", () => {
  const kept = (rate: number) =>
    isMet(contentionTarget(cases("1/s", [1, 1_000], [2, 5_000], [4, rate])));
  expect([kept(700), kept(699)]).toEqual([true, false]);
});

test("a claim among the most tasks is compared with one among the fewest, in whatever order they come", () => {
  const target = claimCostTarget(
    cases("us", [1_000_000, 110], [10_000, 500], [1_000, 100]),
  );
  expect(target).toMatchObject({ measured: 1.1, limit: 1.1 });
  expect(target.name).toContain("1000000 stored tasks against 1000");
});

test("what was not measured meets nothing", () => {
  expect(isMet(contentionTarget(cases("1/s", [1, 1_000])))).toBeFalse();
  expect(isMet(claimCostTarget(new Map()))).toBeFalse();
});

test("a start is promised for two sizes, each its own time", () => {
  const targets = startTargets(
    cases("ms", [10, 9_999], [100_000, 1_001], [1_000_000, 5_000]),
  );
  expect(targets.map(isMet)).toEqual([false, true]);
});
