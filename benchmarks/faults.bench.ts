/**
 * What a failing task costs those beside it: eleven ways to die and six to hang, many times each, on
 * a pool of real processes that has other work all the while. Then tasks that always crash.
 */

import { crashLoopFindings } from "./crash-loop.ts";
import { type Verdict, verdictOf } from "./fault-verdict.ts";
import { measureWay } from "./measure-way.ts";
import { benchCase, type BenchCase, type Findings } from "./report.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { DEATHS, HANGS } from "./ways-to-fail.ts";

export const faults: Suite = {
  name: "faults",
  measures: "workers that die and hang in 17 ways, and tasks that always crash",
  run: measureFaults,
};

async function measureFaults(options: RunOptions): Promise<Findings> {
  const verdicts: Verdict[] = [];
  for (const way of [...DEATHS, ...HANGS]) {
    options.say(way.name);
    verdicts.push(verdictOf(await measureWay(way, options)));
  }
  const loops = await crashLoopFindings(options);
  const sum = (of: (it: Verdict) => number): number =>
    verdicts.reduce((total, it) => total + of(it), 0);
  const all = <T>(of: (it: Verdict) => readonly T[]): T[] =>
    verdicts.flatMap((it) => of(it));
  const quiet = benchCase(
    "other tasks, nothing failing",
    "ms",
    all((it) => it.quiet),
  );
  const counted = (name: string, measured: number): BenchCase =>
    benchCase(name, "count", [measured]);
  const zero = (name: string, measured: number) => ({
    name,
    measured,
    limit: 0,
    unit: "count",
  });
  return {
    cases: [
      ...all((it) => it.cases),
      counted(
        "trials",
        sum(({ trials }) => trials),
      ),
      counted(
        "deaths of workers",
        sum(({ deaths }) => deaths),
      ),
      counted(
        "other tasks beside them",
        sum(({ others }) => others),
      ),
      benchCase(
        "worker replaced, all ways",
        "ms",
        all((it) => it.replacedMs),
      ),
      benchCase(
        "processes gone after the outcome, all ways",
        "ms",
        all((it) => it.goneMs),
      ),
      quiet,
      benchCase(
        "other tasks, beside failing ones",
        "ms",
        all((it) => it.beside),
        quiet,
      ),
      ...loops.cases,
    ],
    targets: [
      zero(
        "other tasks harmed",
        sum(({ harmed }) => harmed),
      ),
      zero(
        "processes left 2.5 s after the outcome",
        sum(({ survivors }) => survivors),
      ),
      zero(
        "dead workers not replaced in 5 s",
        sum(({ notReplaced }) => notReplaced),
      ),
      zero(
        "tasks with another outcome than their way has",
        sum(({ surprises }) => surprises),
      ),
      zero(
        "tasks that ran more or less often than they may",
        sum(({ miscounts }) => miscounts),
      ),
      zero(
        "tasks that began again after their outcome",
        sum(({ startedAfterEnd }) => startedAfterEnd),
      ),
      ...loops.targets,
    ],
    notes: [...all((it) => it.notes), ...(loops.notes ?? [])],
  };
}
