/**
 * Tasks that pour out more than anybody can want, beside a steady stream of others: what the server
 * holds at its peak, and how long the others take. Each in a server process of its own.
 */

import { join } from "node:path";
import { summarise } from "../flow-balancer/core/stats.ts";
import type { FloodFindings, FloodOrder } from "./flood-process.ts";
import { floodsOf } from "./floods.ts";
import { runMeasured } from "./measured-process.ts";
import {
  benchCase,
  type BenchCase,
  type Findings,
  type Target,
} from "./report.ts";
import type { RunOptions, Suite } from "./suite.ts";

const PROCESS = join(import.meta.dir, "flood-process.ts");
const PLAN = {
  full: { share: 1, quietMs: 2_000, floodMs: 1_000 },
  quick: { share: 0.001, quietMs: 100, floodMs: 0 },
};
const MAX_GROWTH_MB = 64;
const MAX_RATIO = 2;
/** A flood takes seconds; who takes longer hangs. */
const HANG_MS = 120_000;
const MAX_NOTES = 3;

export const floods: Suite = {
  name: "floods",
  measures:
    "a GiB of output, a million messages: memory of the server, others' latency",
  run: measureFloods,
};

async function measureFloods({ quick, say }: RunOptions): Promise<Findings> {
  const plan = PLAN[quick ? "quick" : "full"];
  const cases: BenchCase[] = [];
  const targets: Target[] = [];
  const notes: string[] = [];
  let harmed = 0;
  let wrong = 0;
  const control = "a task that only computes";
  const all = [control, ...floodsOf(plan.share).map(({ name }) => name)];
  for (const [index, name] of all.entries()) {
    say(name);
    const order: FloodOrder = {
      ...plan,
      flood: index === 0 ? null : index - 1,
    };
    const found = await runMeasured<FloodFindings>(PROCESS, order, HANG_MS);
    cases.push(...casesOf(name, found));
    harmed += found.quiet.harmed.length + found.beside.harmed.length;
    notes.push(
      ...[...new Set([...found.quiet.harmed, ...found.beside.harmed])]
        .slice(0, MAX_NOTES)
        .map((it) => `${name}, another task: ${it}`),
    );
    if (name === control) continue;
    const expected = floodsOf(plan.share)[index - 1]?.outcome;
    const others = found.outcomes.filter((it) => it !== expected);
    if (others.length > 0)
      notes.push(
        `${name}: ended ${[...new Set(others)].join(", ")}, not ${expected}`,
      );
    wrong += others.length;
    targets.push(...targetsOf(name, found));
  }
  notes.push(
    `the ratio of '${control}' is what it costs others that a core is taken, without a flood`,
  );
  const zero = (name: string, measured: number): Target => ({
    name,
    measured,
    limit: 0,
    unit: "count",
  });
  targets.push(
    zero("other tasks harmed", harmed),
    zero("floods that ended otherwise", wrong),
  );
  return { cases, targets, notes };
}

function casesOf(
  name: string,
  { quiet, beside, tookMs, growthMb, cpuShare }: FloodFindings,
): BenchCase[] {
  const before = benchCase(
    `other tasks, before ${name}`,
    "ms",
    quiet.latencies,
  );
  return [
    before,
    benchCase(`other tasks, beside ${name}`, "ms", beside.latencies, before),
    benchCase(`growth of the server at its peak, ${name}`, "MiB", [growthMb]),
    benchCase(`processor time of the server, ${name}`, "share", [cpuShare]),
    benchCase(`the task itself, ${name}`, "ms", tookMs),
  ];
}

const targetsOf = (
  name: string,
  { quiet, beside, growthMb }: FloodFindings,
): Target[] => [
  {
    name: `growth of the server, ${name}`,
    measured: growthMb,
    limit: MAX_GROWTH_MB,
    unit: "MiB",
  },
  {
    name: `p99 of other tasks, beside ${name} and before`,
    measured: summarise(beside.latencies).p99 / summarise(quiet.latencies).p99,
    limit: MAX_RATIO,
    unit: "times",
  },
];
