/**
 * What a failing task costs those beside it: eleven ways to die and six to hang, many times each, on
 * a pool of real processes that has other work all the while. Then tasks that always crash.
 */

import type { Effects } from "../flow-balancer/core/task.ts";
import { crashLoopFindings } from "./crash-loop.ts";
import { FaultyPool, type Trial } from "./fault-trial.ts";
import { type Verdict, verdictOf } from "./fault-verdict.ts";
import { benchCase, type BenchCase, type Findings } from "./report.ts";
import {
  SteadyStream,
  streamFor,
  type StreamFigures,
} from "./steady-stream.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { DEATHS, HANGS, type WayToFail } from "./ways-to-fail.ts";

const PLAN = {
  full: { deaths: 50, hangs: 40, quietMs: 500 },
  quick: { deaths: 2, hangs: 2, quietMs: 100 },
} as const;
/** Of the trials of a way to die: these may be run again, and take three workers each. */
const AGAIN_EVERY = 5;
/** A module that never loads is given up after this; a worker starts in a tenth of it. */
const START_MS = 1_000;

/** All that one way did. */
export interface WayFigures {
  readonly way: WayToFail;
  readonly trials: readonly Trial[];
  readonly faulty: FaultyPool;
  readonly quiet: StreamFigures;
  readonly beside: StreamFigures;
  readonly runs: ReadonlyMap<string, number>;
}

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

async function measureWay(
  way: WayToFail,
  { quick }: RunOptions,
): Promise<WayFigures> {
  const plan = PLAN[quick ? "quick" : "full"];
  const faulty = new FaultyPool(START_MS);
  await using own = faulty.own;
  await faulty.open();
  // Until its workers know the other tasks.
  await streamFor(plan.quietMs / 2, (kind, input) => own.submit(kind, input));
  const quiet = await streamFor(plan.quietMs, (kind, input) =>
    own.submit(kind, input),
  );
  const stream = new SteadyStream((kind, input) => own.submit(kind, input));
  const trials: Trial[] = [];
  const serials = Array.from(
    { length: way.type === "hang" ? plan.hangs : plan.deaths },
    (_, at) => at,
  );
  const runTrials = async (): Promise<void> => {
    for (let at = serials.shift(); at !== undefined; at = serials.shift()) {
      const effects: Effects = at % AGAIN_EVERY === 0 ? "idempotent" : "once";
      trials.push(await faulty.trial(way, effects, `trial-${at}`));
      await faulty.replaced();
    }
  };
  await Promise.all(Array.from({ length: way.atOnce }, runTrials));
  await faulty.replaced();
  const beside = await stream.stop();
  return { way, trials, faulty, quiet, beside, runs: faulty.runs() };
}
