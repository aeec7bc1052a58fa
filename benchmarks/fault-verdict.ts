/** Compares what a way of failing did with what it was to do. A way whose fault never happened is no measurement: it throws. */

import type { WayFigures } from "./measure-way.ts";
import { benchCase, type BenchCase } from "./report.ts";

export interface Verdict {
  readonly cases: readonly BenchCase[];
  readonly notes: readonly string[];
  readonly trials: number;
  readonly deaths: number;
  readonly harmed: number;
  readonly survivors: number;
  /** Tasks whose outcome was another. */
  readonly surprises: number;
  /** Tasks whose code ran more or less often than it was to. */
  readonly miscounts: number;
  readonly startedAfterEnd: number;
  /** Tasks of the steady stream. */
  readonly others: number;
  readonly quiet: readonly number[];
  readonly beside: readonly number[];
  readonly replacedMs: readonly number[];
  /** Dead workers in whose place there was none in time. */
  readonly notReplaced: number;
  readonly goneMs: readonly number[];
}

const MAX_NOTES = 3;

export function verdictOf({
  way,
  trials,
  faulty,
  quiet,
  beside,
  runs,
}: WayFigures): Verdict {
  const { deaths, startedAfterEnd } = faulty;
  const rightDeaths = deaths.filter(
    ({ by }) => way.endsWith === null || by === way.endsWith,
  );
  const expectedDeaths = trials.reduce(
    (sum, { effects }) => sum + way.expected(effects).deaths,
    0,
  );
  if (expectedDeaths > 0 && rightDeaths.length === 0)
    throw new Error(
      `'${way.name}' was to end ${expectedDeaths} workers with ${way.endsWith} and ended none so`,
    );
  const surprises = trials.filter(
    (it) => it.outcome !== way.expected(it.effects).outcome,
  );
  const miscounts = trials.filter(
    (it) => (runs.get(it.name) ?? 0) !== way.expected(it.effects).runs,
  );
  const harmed = [...quiet.harmed, ...beside.harmed];
  const replacedMs = deaths.map((it) => it.replacedMs).filter(Number.isFinite);
  return {
    cases: [
      benchCase(`deaths, ${way.name}`, "count", [rightDeaths.length]),
      benchCase(`other tasks, beside ${way.name}`, "ms", beside.latencies),
      benchCase(
        `outcome after, ${way.name}`,
        "ms",
        trials.map(({ settledMs }) => settledMs),
      ),
    ],
    notes: [
      ...surprises
        .slice(0, MAX_NOTES)
        .map(
          (it) =>
            `${way.name}, effects '${it.effects}': ${it.outcome}, not ${way.expected(it.effects).outcome}`,
        ),
      ...miscounts
        .slice(0, MAX_NOTES)
        .map(
          (it) =>
            `${way.name}, effects '${it.effects}': ran ${runs.get(it.name) ?? 0} times, not ${way.expected(it.effects).runs}`,
        ),
      ...(deaths.length === expectedDeaths &&
      rightDeaths.length === deaths.length
        ? []
        : [
            `${way.name}: ${deaths.length} deaths (${[...new Set(deaths.map(({ by }) => by))].join(", ")}), not ${expectedDeaths} by ${way.endsWith ?? "any means"}`,
          ]),
      ...harmed
        .slice(0, MAX_NOTES)
        .map((it) => `${way.name}, another task: ${it}`),
    ],
    trials: trials.length,
    deaths: deaths.length,
    harmed: harmed.length,
    survivors: trials.reduce((sum, it) => sum + it.survivors, 0),
    surprises: surprises.length,
    miscounts: miscounts.length,
    startedAfterEnd,
    others: beside.sent,
    quiet: quiet.latencies,
    beside: beside.latencies,
    replacedMs,
    notReplaced: deaths.length - replacedMs.length,
    goneMs: trials.map(({ goneMs }) => goneMs),
  };
}
