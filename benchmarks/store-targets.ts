/** From what the parts of the store suite measured to what was promised of the store. Pure. */

import type { LoadCases } from "./pool-targets.ts";
import type { BenchCase, Target } from "./report.ts";
import type { StoreDurability } from "./store-contenders.ts";

/** Recorded tasks a second through the dispatcher, 512 in flight. */
const MIN_RATE: Readonly<Record<StoreDurability, number>> = {
  normal: 75_000,
  full: 50_000,
};
const MAX_P50_RATIO = 1.5;
/** Of what one process does alone. */
const MIN_KEPT = 0.7;
const MAX_GROWTH = 1.1;
/** From the start of a process to its first claim, ms, by stored tasks. */
const MAX_START_MS: ReadonlyMap<number, number> = new Map([
  [100_000, 1_000],
  [1_000_000, 5_000],
]);

/** `measured` by tasks in flight: 1 and 512 must be among them. */
export function contestTargets(
  measured: ReadonlyMap<number, LoadCases>,
  durability: StoreDurability,
): Target[] {
  const [one, most] = [1, 512].map((it) => measured.get(it));
  if (one === undefined || most === undefined)
    throw new Error("a load was not measured");
  return [
    {
      name: `recorded tasks through the dispatcher, 512 in flight, ${durability}`,
      measured: most.ours.throughput.p50,
      atLeast: MIN_RATE[durability],
      unit: "1/s",
    },
    {
      name: `latency p50 against ${one.floor.latency.name}`,
      measured: one.ours.latency.p50 / one.floor.latency.p50,
      limit: MAX_P50_RATIO,
      unit: "times",
    },
  ];
}

/** `cases` by number of processes: 1 and 4 must be among them. */
export function contentionTarget(
  cases: ReadonlyMap<number, BenchCase>,
): Target {
  const alone = cases.get(1)?.p50 ?? Number.NaN;
  return {
    name: "claim and settle, 4 processes on one file against 1",
    measured: (cases.get(4)?.p50 ?? Number.NaN) / alone,
    atLeast: MIN_KEPT,
    unit: "times",
  };
}

/** `cases` by stored tasks: the fewest against the most. */
export function claimCostTarget(cases: ReadonlyMap<number, BenchCase>): Target {
  const counts = [...cases.keys()].sort((a, b) => a - b);
  const [fewest = 0, most = 0] = [counts.at(0), counts.at(-1)];
  return {
    name: `p50 of a claim, ${most} stored tasks against ${fewest}`,
    measured:
      (cases.get(most)?.p50 ?? Number.NaN) /
      (cases.get(fewest)?.p50 ?? Number.NaN),
    limit: MAX_GROWTH,
    unit: "times",
  };
}

/** `cases` by stored tasks; no target for a number that nothing was promised of. */
export const startTargets = (cases: ReadonlyMap<number, BenchCase>): Target[] =>
  [...cases].flatMap(([stored, { p95 }]) => {
    const limit = MAX_START_MS.get(stored);
    return limit === undefined
      ? []
      : [
          {
            name: `start with ${stored} stored tasks until a claimed one runs, p95`,
            measured: p95,
            limit,
            unit: "ms",
          },
        ];
  });
