/** Whether a server that runs for long grows: a million tasks on the same workers, then two thousand workers. */

import { join } from "node:path";
import { runMeasured } from "./measured-process.ts";
import {
  benchCase,
  type BenchCase,
  type Findings,
  type Target,
} from "./report.ts";
import type { Look, SoakFindings, SoakOrder } from "./soak-process.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { theilSenSlope } from "./theil-sen.ts";

const PLAN: { full: SoakOrder; quick: SoakOrder } = {
  full: {
    tasks: 1_000_000,
    tasksPerLook: 10_000,
    lifetimes: 2_000,
    lifetimesPerLook: 20,
  },
  quick: {
    tasks: 1_000,
    tasksPerLook: 100,
    lifetimes: 10,
    lifetimesPerLook: 2,
  },
};
const HANG_MS = 600_000;

/** A server that does 100,000 tasks a day would be 1 MiB larger each day. */
const MAX_MB_PER_100_000_TASKS = 1;
const MAX_MB_PER_1_000_LIFETIMES = 1;
const DESCRIPTORS_OFF = 2;

export const soak: Suite = {
  name: "soak",
  measures:
    "a million tasks and two thousand workers: memory, descriptors, zombies",
  run: measureSoak,
};

async function measureSoak({ quick, say }: RunOptions): Promise<Findings> {
  const plan = PLAN[quick ? "quick" : "full"];
  say(`${plan.tasks} tasks, then ${plan.lifetimes} workers`);
  const found = await runMeasured<SoakFindings>(
    join(import.meta.dir, "soak-process.ts"),
    plan,
    HANG_MS,
  );
  const tasks = lookFindings("tasks", found.tasks, {
    every: 100_000,
    limitMb: MAX_MB_PER_100_000_TASKS,
  });
  const lives = lookFindings("workers", found.lifetimes, {
    every: 1_000,
    limitMb: MAX_MB_PER_1_000_LIFETIMES,
  });
  return {
    cases: [
      benchCase("tasks", "1/s", [found.tasksPerSecond]),
      ...tasks.cases,
      benchCase("workers that lived and ended", "1/s", [
        found.lifetimesPerSecond,
      ]),
      ...lives.cases,
    ],
    targets: [...tasks.targets, ...lives.targets],
    notes: [
      "slope: of resident memory over the last half of the looks, Theil-Sen",
      `memory over the tasks, MiB: ${profile(found.tasks)}`,
      `memory over the workers, MiB: ${profile(found.lifetimes)}`,
    ],
  };
}

function lookFindings(
  what: string,
  looks: readonly Look[],
  { every, limitMb }: { every: number; limitMb: number },
): { cases: BenchCase[]; targets: Target[] } {
  const first = looks[0];
  const last = looks.at(-1);
  if (first === undefined || last === undefined)
    throw new Error("nobody looked");
  const slope =
    every *
    theilSenSlope(
      looks
        .slice(looks.length / 2)
        .map((it) => ({ x: it.done, y: it.residentMb })),
    );
  const cases = (
    [
      ["resident memory", "MiB", "residentMb"],
      ["descriptors", "count", "descriptors"],
      ["zombies", "count", "zombies"],
      ["mappings of shared memory", "count", "sharedMaps"],
      ["files in shared memory", "count", "sharedFiles"],
    ] as const
  ).map(([name, unit, key]) =>
    benchCase(
      `${name}, over the ${what}`,
      unit,
      looks.map((it) => it[key]),
    ),
  );
  const unchanged = (name: string, key: keyof Look, limit: number): Target => ({
    name: `${name}, after the ${what} and before`,
    measured: Math.abs(last[key] - first[key]),
    limit,
    unit: "count",
  });
  return {
    cases: [...cases, benchCase(`slope for ${every} ${what}`, "MiB", [slope])],
    targets: [
      {
        name: `growth for ${every} ${what}`,
        measured: slope,
        limit: limitMb,
        unit: "MiB",
      },
      unchanged("descriptors", "descriptors", DESCRIPTORS_OFF),
      unchanged("mappings of shared memory", "sharedMaps", DESCRIPTORS_OFF),
      {
        name: `zombies after the ${what}`,
        measured: last.zombies,
        limit: 0,
        unit: "count",
      },
      unchanged("files in shared memory", "sharedFiles", 0),
    ],
  };
}

/** Ten looks, evenly spread. */
const profile = (looks: readonly Look[]): string =>
  Array.from(
    { length: 11 },
    (_, tenth) => looks[Math.round((tenth * (looks.length - 1)) / 10)],
  )
    .map((it) => it?.residentMb.toFixed(1))
    .join(", ");
