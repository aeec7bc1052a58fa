/**
 * Overload: tasks that compute for about 5 ms arrive in an open loop, steadily and in bursts, at shares of the
 * capacity that was measured just before, and is measured again after: a machine is not always as fast. Every task has a deadline; what the pool refuses, it refuses with a
 * prediction, and that is compared with what became of those it accepted next.
 */

import { poissonArrivals, type Phase, withBurst } from "./arrivals.ts";
import { BusyWork } from "./busy-work.ts";
import {
  loadFigures,
  type LoadFigures,
  ratioOf,
  shareWithin,
} from "./load-figures.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";
import { seededRandom } from "./seeded-random.ts";
import type { RunOptions, Suite } from "./suite.ts";

const WORKERS = 2;
/** About 20 times what a task computes. */
const DEADLINE_MS = 100;
const SHARES = [0.5, 0.8, 1.2] as const;
const OVERLOAD = 1.2;
const SEED = 20_261_121;

const PLAN = {
  full: {
    capacityMs: 2_000,
    steady: 15,
    burst: { before: 3, burst: 5, after: 7 },
  },
  quick: {
    capacityMs: 100,
    steady: 0.2,
    burst: { before: 0.1, burst: 0.05, after: 0.1 },
  },
} as const;

const MIN_KEPT = 0.99;
const MIN_RIGHT = 0.9;
const RIGHT_WITHIN = 2;
const MIN_GOODPUT = 0.9;

export const load: Suite = {
  name: "load",
  measures:
    "open loop at 50, 80 and 120 % of capacity: goodput, refusals, deadlines",
  run: measureLoad,
};

async function measureLoad({ quick, say }: RunOptions): Promise<Findings> {
  const plan = PLAN[quick ? "quick" : "full"];
  const random = seededRandom(SEED);
  await using work = new BusyWork(WORKERS);
  say("how long a task takes");
  await work.open();
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  let before = await work.capacity(plan.capacityMs);
  for (const shape of ["Poisson", "burst"] as const)
    for (const share of SHARES) {
      const name = `${Math.round(100 * share)} % of capacity, ${shape}`;
      say(name);
      const rate = share * mean(before.rates);
      const phases: Phase[] =
        shape === "Poisson"
          ? [{ seconds: plan.steady, rate }]
          : withBurst(rate, plan.burst);
      const run = await work.openLoop(
        poissonArrivals(phases, random),
        DEADLINE_MS,
      );
      const after = await work.capacity(plan.capacityMs);
      const capacity = benchCase(`capacity, before and after ${name}`, "1/s", [
        ...before.rates,
        ...after.rates,
      ]);
      const figures = loadFigures(run.records, DEADLINE_MS, run.period);
      cases.push(
        capacity,
        benchCase(`run time at capacity, after ${name}`, "ms", after.runTimes),
        ...casesOf(figures, name, capacity),
        benchCase(`driver's delay, ${name}`, "ms", run.lags),
      );
      if (shape === "Poisson" && share === OVERLOAD)
        targets.push(...targetsOf(figures, name, capacity));
      before = after;
    }
  return { cases, targets, notes: NOTES };
}

const mean = (sample: readonly number[]): number =>
  sample.reduce((sum, it) => sum + it, 0) / sample.length;

const NOTES = [
  `deadline ${DEADLINE_MS} ms from the submission; latency is counted from the moment a task was due`,
  "goodput: completed within the deadline, in whole seconds, against the capacity (a closed loop) around it; a burst is 10 times the rate for 5 s",
  "a refusal's actual wait: until the next task that was admitted began",
];

function casesOf(
  {
    goodput,
    refusedShare,
    keptShare,
    latencies,
    waits,
    predictions,
  }: LoadFigures,
  name: string,
  capacity: BenchCase,
): BenchCase[] {
  const cases: BenchCase[] = [];
  // Of what did not happen there is no case: benchCase refuses an empty sample.
  const add = (
    what: string,
    unit: string,
    sample: readonly number[],
    floor?: BenchCase,
  ): void => {
    if (sample.length > 0)
      cases.push(benchCase(`${what}, ${name}`, unit, sample, floor));
  };
  add("goodput", "1/s", goodput, capacity);
  add("refused", "share", [refusedShare]);
  add("deadline kept, of the accepted", "share", [keptShare]);
  add("latency", "ms", latencies);
  add("wait of the accepted", "ms", waits);
  add(
    "predicted by actual wait, of the refused",
    "times",
    predictions.map((it) => ratioOf(it.predictedMs, it.waitMs)),
  );
  add(
    "told to come again after, by the time to the next admission",
    "times",
    predictions.flatMap(({ retryAfterMs, admissionMs }) =>
      retryAfterMs === null ? [] : [ratioOf(retryAfterMs, admissionMs)],
    ),
  );
  return cases;
}

function targetsOf(
  { goodput, keptShare, predictions }: LoadFigures,
  name: string,
  capacity: BenchCase,
): Target[] {
  return [
    {
      name: `deadline kept by the accepted, ${name}`,
      measured: keptShare,
      atLeast: MIN_KEPT,
      unit: "share",
    },
    {
      name: `refusals whose predicted wait is right within ${RIGHT_WITHIN} x, ${name}`,
      measured: shareWithin(
        predictions.map((it) => ratioOf(it.predictedMs, it.waitMs)),
        RIGHT_WITHIN,
      ),
      atLeast: MIN_RIGHT,
      unit: "share",
    },
    {
      name: `goodput against capacity, ${name}`,
      measured: mean(goodput) / capacity.p50,
      atLeast: MIN_GOODPUT,
      unit: "times",
    },
  ];
}
