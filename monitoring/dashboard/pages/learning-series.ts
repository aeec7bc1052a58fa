/** What was learned, as the lines of charts and as words. No browser needed. */

import type { LearningView } from "../../api/shared-views.ts";
import type { Mark } from "../components/chart-marks.ts";
import type { ChartSeries } from "../components/chart-text.ts";

type KindHistory = LearningView["over_time"][number];
type Change = LearningView["changes"][number];
type Prediction = LearningView["predictions"][number];

interface KindChart {
  readonly at: readonly number[];
  readonly series: readonly ChartSeries[];
}

/** The limit in force as steps, and each run as a point, by how it ended. Lines without a value are left out. */
export function kindChart({ points }: KindHistory): KindChart {
  const runs = (belongs: (state: string) => boolean) =>
    points.map(({ run_ms, state }) => (belongs(state) ? run_ms : null));
  const series: ChartSeries[] = [
    {
      label: "limit in force",
      colour: "var(--red)",
      draw: "steps",
      values: points.map(({ limit_ms }) => limit_ms),
    },
    {
      label: "completed",
      colour: "var(--blue)",
      draw: "points",
      values: runs((state) => state === "completed"),
    },
    {
      label: "timed out",
      colour: "var(--orange)",
      draw: "dots",
      values: runs((state) => state === "timed_out"),
    },
    {
      label: "ended otherwise",
      colour: "var(--violet)",
      draw: "rings",
      values: runs((state) => state !== "completed" && state !== "timed_out"),
    },
  ];
  return {
    at: points.map(({ at }) => at),
    series: series.filter(({ values }) =>
      values.some((value) => value !== null),
    ),
  };
}

const MOST_LETTERS = 28;

/** Changes as markers, with as much of what they say as fits beside a line. */
export const changeMarks = (changes: readonly Change[]): Mark[] =>
  changes.map(({ at, summary }) => ({
    at,
    label:
      summary.length <= MOST_LETTERS
        ? summary
        : `${summary.slice(0, MOST_LETTERS - 1)}…`,
  }));

/** Changes that are about a kind: those that name it as a word of their own, and those that name none of `kinds`. */
export function changesOf(
  changes: readonly Change[],
  kind: string,
  kinds: readonly string[],
): Change[] {
  return changes.filter(
    ({ summary }) =>
      names(summary, kind) || !kinds.some((other) => names(summary, other)),
  );
}

const names = (summary: string, kind: string): boolean =>
  ` ${summary.replaceAll(/[^\w.-]+/g, " ")} `.includes(` ${kind} `);

/** The median of |ln(foretold / actual)| as the factor it is: 1 is exact. */
export const errorFactor = ({
  median_log_ratio,
}: Pick<Prediction, "median_log_ratio">): number | null =>
  median_log_ratio === null ? null : Math.exp(Math.abs(median_log_ratio));
