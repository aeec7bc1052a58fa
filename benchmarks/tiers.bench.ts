/**
 * What tiers are worth. First the cost of one task by what it finds; then a mixed workload on our pool
 * with tiers beside one plain pool that may hold as much memory: the largest whose processes, all
 * with everything loaded, together hold no more.
 */

import { interleave } from "./interleave.ts";
import { type MixedRun, runOnPlainPool, runOnTiers } from "./mixed-run.ts";
import { mixedWorkload } from "./mixed-workload.ts";
import {
  type BenchCase,
  benchCase,
  type Findings,
  type Target,
} from "./report.ts";
import { seededRandom } from "./seeded-random.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { type Found, FOUND, type TierCost, tierCosts } from "./tier-costs.ts";

const ROUNDS = { full: 15, quick: 1 };
const MAX_RATIO = { warm: 0.1, hot: 0.05 };

const SEED = 20_261_121;
const WORKERS = 5;
const MIXES = [
  { name: "3 sessions for 5 workers", sessions: 3 },
  { name: "12 sessions for 5 workers", sessions: 12 },
] as const;
const MIX_MS = { full: 5_000, quick: 200 };
const MIX_ROUNDS = { full: 3, quick: 1 };
/** Memory is the same within a twentieth. */
const SAME = 1.05;

const PARTS = [
  ["wait", "waitMs"],
  ["start", "startMs"],
  ["run", "runMs"],
  ["total", "totalMs"],
] as const;

export const tiers: Suite = {
  name: "tiers",
  measures:
    "cold, warm and hot starts; a mixed workload with and without tiers",
  run: measureTiers,
};

async function measureTiers(options: RunOptions): Promise<Findings> {
  const starts = await measureStarts(options);
  const found = [starts];
  for (const mix of options.quick ? MIXES.slice(0, 1) : MIXES)
    found.push(await measureMix(mix, options));
  return {
    cases: found.flatMap(({ cases }) => cases),
    targets: found.flatMap(({ targets }) => targets),
    notes: found.flatMap(({ notes = [] }) => notes),
  };
}

async function measureStarts({ quick, say }: RunOptions): Promise<Findings> {
  const rounds = ROUNDS[quick ? "quick" : "full"];
  const costs: TierCost[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 5 === 0) say(`starts, round ${round + 1} of ${rounds}`);
    costs.push(...(await tierCosts()));
  }
  const totals = new Map<Found, BenchCase>();
  const cases: BenchCase[] = [];
  for (const found of FOUND)
    for (const [part, key] of PARTS) {
      const made = benchCase(
        `${found}, ${part}`,
        "ms",
        costs.filter((it) => it.found === found).map((it) => it[key]),
        part === "total" ? totals.get("cold, spare process") : undefined,
      );
      if (part === "total") totals.set(found, made);
      cases.push(made);
    }
  const target = (found: "warm" | "hot", cold: Found): Target => ({
    name: `${found} against ${cold}, total at p50`,
    measured:
      (totals.get(found)?.p50 ?? Number.NaN) /
      (totals.get(cold)?.p50 ?? Number.NaN),
    limit: MAX_RATIO[found],
    unit: "times",
  });
  return {
    cases,
    targets: (["cold, spare process", "cold, no process"] as const).flatMap(
      (cold) => [target("warm", cold), target("hot", cold)],
    ),
    notes: [
      "start costs: a module with the MCP SDK and zod; a session keeps the schemas of 40 tools, a task without one makes them anew",
    ],
  };
}

async function measureMix(
  { name, sessions }: (typeof MIXES)[number],
  { quick, say }: RunOptions,
): Promise<Findings> {
  const ms = MIX_MS[quick ? "quick" : "full"];
  const run = (on: typeof runOnTiers, workers: number): Promise<MixedRun> =>
    on({ tasks: mixedWorkload(sessions, seededRandom(SEED)), workers, ms });
  say(`${name}: how many plain processes hold as much`);
  const plainWorkers = quick
    ? WORKERS
    : sameMemory(
        (await run(runOnTiers, WORKERS)).memoryMb,
        (await run(runOnPlainPool, WORKERS)).memoryMb / WORKERS,
      );
  const withTiers: MixedRun[] = [];
  const plain: MixedRun[] = [];
  const rounds = MIX_ROUNDS[quick ? "quick" : "full"];
  await interleave(["tiers", "plain"], rounds, async (pool, round) => {
    say(`${name}, ${pool}, round ${round + 1}`);
    if (pool === "tiers") withTiers.push(await run(runOnTiers, WORKERS));
    else plain.push(await run(runOnPlainPool, plainWorkers));
  });
  const plainCases = mixCases(plain, `plain pool of ${plainWorkers}, ${name}`);
  const ours = mixCases(withTiers, `tiers, ${name}`, plainCases);
  const hot = benchCase(
    `tasks in a session that found its worker, tiers, ${name}`,
    "share",
    withTiers.map(({ hotShare }) => hotShare),
  );
  const [throughput, , latency, memory] = ours.map(({ ratio }) => `x ${ratio}`);
  return {
    cases: [...plainCases, ...ours, hot],
    targets: [],
    notes: [
      `${name}: against the plain pool, tiers have ${throughput} of its throughput, ${latency} of its latency in a session at p50, ${memory} of its memory`,
    ],
  };
}

/** The most plain processes that hold no more than the pool with tiers did at its end. */
const sameMemory = (tiersMb: number, plainMbEach: number): number =>
  Math.max(1, Math.floor((tiersMb * SAME) / plainMbEach));

/** Throughput, latency of all, latency in a session, memory: in this order. */
function mixCases(
  runs: readonly MixedRun[],
  name: string,
  floors: readonly BenchCase[] = [],
): BenchCase[] {
  const samples = [
    ["throughput", "1/s", runs.map((run) => run.perSecond)],
    ["latency", "ms", runs.flatMap((run) => run.latencies)],
    ["latency in a session", "ms", runs.flatMap((run) => run.sessionLatencies)],
    ["memory of the workers", "MiB (PSS)", runs.map((run) => run.memoryMb)],
  ] as const;
  return samples.map(([what, unit, sample], index) =>
    benchCase(`${what}, ${name}`, unit, sample, floors[index]),
  );
}
