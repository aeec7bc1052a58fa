/** The router on a recorded trace of what a cheap and a dear expert solved, beside simple rules. */

import { FeatureReader, typeOf } from "./features.ts";
import {
  livedReports,
  OURS,
  type PriceReport,
} from "./replay-router-bandit.ts";
import type { TracedTask } from "./replay-router-rules.ts";
import {
  halfSplits,
  type SplitReport,
  typeSplits,
} from "./replay-router-split.ts";

export interface RouterTargets {
  /** Of ours, means: half of the tasks learned; half of the types. */
  readonly apgr: number | null;
  readonly apgr_types_left_out: number | null;
  /** Of ours, each choice alone: the least of all prices. */
  readonly least_accuracy_after_200: number | null;
  readonly least_accuracy_last_quarter: number | null;
  /** Mean over prices, per 1,000 tasks, by quarter of the run. */
  readonly regret: readonly number[];
}

export interface RouterReport {
  readonly tasks: number;
  readonly types: number;
  /** Solved / tasks. */
  readonly weak_right: number;
  readonly strong_right: number;
  readonly either_right: number;
  readonly half: SplitReport;
  /** Null: there is one type only. */
  readonly types_left_out: SplitReport | null;
  readonly lived: readonly PriceReport[];
  readonly targets: RouterTargets;
}

const HALVES = 5;
const TYPE_HALVES = 3;
/** Random orders in which the tasks are lived through; fewer where they are many. */
const MOST_ORDERS = 4;
const TASKS_IN_ALL = 30_000;

/** `tasks`: at least one, all of one kind, the type in `bucket`. */
export function replayRouter(tasks: readonly TracedTask[]): RouterReport {
  const reader = new FeatureReader();
  const recorded = tasks.map((task) => ({
    weak: task.weak,
    strong: task.strong,
    features: reader.read(task),
  }));
  const half = halfSplits(recorded, HALVES);
  const typesLeftOut = typeSplits(recorded, TYPE_HALVES);
  const lived = livedReports(
    tasks,
    Math.max(1, Math.min(MOST_ORDERS, Math.floor(TASKS_IN_ALL / tasks.length))),
  );
  const share = (solved: (task: TracedTask) => boolean): number =>
    tasks.filter(solved).length / tasks.length;
  return {
    tasks: tasks.length,
    types: new Set(tasks.map(({ kind, bucket }) => typeOf(kind, bucket))).size,
    weak_right: share(({ weak }) => weak),
    strong_right: share(({ strong }) => strong),
    either_right: share(({ weak, strong }) => weak || strong),
    half,
    types_left_out: typesLeftOut,
    lived,
    targets: targetsOf(half, typesLeftOut, lived),
  };
}

function targetsOf(
  half: SplitReport,
  typesLeftOut: SplitReport | null,
  lived: readonly PriceReport[],
): RouterTargets {
  const ours = lived.flatMap(({ rules }) =>
    rules.filter(({ rule }) => rule === OURS),
  );
  const least = (values: readonly (number | null)[]): number | null =>
    values.reduce<number | null>(
      (min, it) => (it === null ? min : Math.min(min ?? it, it)),
      null,
    );
  return {
    apgr: half.rules.at(-1)?.apgr?.mean ?? null,
    apgr_types_left_out: typesLeftOut?.rules.at(-1)?.apgr?.mean ?? null,
    least_accuracy_after_200: least(ours.map((it) => it.accuracy_after_200)),
    least_accuracy_last_quarter: least(
      ours.map((it) => it.accuracy_last_quarter),
    ),
    regret: (ours[0]?.regret ?? []).map(
      (_, at) =>
        ours.reduce((sum, { regret }) => sum + (regret[at] ?? 0), 0) /
        ours.length,
    ),
  };
}
