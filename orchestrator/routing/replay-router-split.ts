/**
 * Learn on one part of a trace of two experts, test on the rest: half of the tasks, or tasks of types that were
 * left out of learning. The test's outcomes are seen by nobody before its scores are there.
 */

import { seededOrder } from "./seeded-order.ts";
import { chance } from "./expert-tally.ts";
import type { Features } from "./features.ts";
import {
  type CurveFigures,
  gainCurve,
  type Solved,
} from "./replay-router-curve.ts";
import { RouterModel } from "./router-model.ts";

export interface RecordedTask extends Solved {
  readonly features: Features;
}

/** Mean over all tests, and the least and most of them. */
export interface Spread {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

export interface RuleCurve {
  readonly rule: string;
  /** Null: in no test did the strong expert solve more. */
  readonly apgr: Spread | null;
  readonly cpt50: number | null;
  readonly cpt80: number | null;
}

export interface SplitReport {
  readonly tests: number;
  readonly learned: number;
  readonly tested: number;
  readonly rules: readonly RuleCurve[];
}

type Scorer = (task: RecordedTask) => number;

/** How far a type's gain is drawn to that of all, in tasks. */
const TYPE_STRENGTH = 20;
const FOLDS = 2;

const RULES: readonly (readonly [
  name: string,
  learn: (tasks: readonly RecordedTask[]) => Scorer,
])[] = [
  [
    "longest text first",
    () =>
      ({ features }) =>
        features.words.length,
  ],
  ["type alone", typeGain],
  ["text and type (ours)", modelGain],
];

/** Both halves at random, `repeats` times. */
export function halfSplits(
  tasks: readonly RecordedTask[],
  repeats: number,
): SplitReport {
  const half = tasks.length >> 1;
  const curves = seedsOf(repeats).map((seed) => {
    const order = seededOrder(tasks.length, seed);
    const pick = (from: number, to?: number): RecordedTask[] =>
      order.slice(from, to).flatMap((at) => tasks[at] ?? []);
    return curvesOf(pick(0, half), pick(half));
  });
  return report(curves, half, tasks.length - half);
}

/**
 * The types in two halves at random, `repeats` times; each half is tested by what was learned from the other. Null:
 * there is one type only.
 */
export function typeSplits(
  tasks: readonly RecordedTask[],
  repeats: number,
): SplitReport | null {
  const types = [...new Set(tasks.map(({ features }) => features.type))];
  if (types.length < FOLDS) return null;
  const curves = seedsOf(repeats).flatMap((seed) => {
    const fold = new Map(
      seededOrder(types.length, seed).map((type, place) => [
        types[type] ?? "",
        place % FOLDS,
      ]),
    );
    return Array.from({ length: FOLDS }, (_, out) => {
      const isOut = ({ features }: RecordedTask): boolean =>
        fold.get(features.type) === out;
      const tested = tasks.filter(isOut);
      const learned = tasks.filter((task) => !isOut(task));
      return curvesOf(shuffled(learned, seed), tested);
    });
  });
  const tested = Math.round(tasks.length / FOLDS);
  return report(curves, tasks.length - tested, tested);
}

const curvesOf = (
  learned: readonly RecordedTask[],
  tested: readonly RecordedTask[],
): CurveFigures[] =>
  RULES.map(([, learn]) => gainCurve(tested, tested.map(learn(learned))));

const shuffled = (
  tasks: readonly RecordedTask[],
  seed: number,
): RecordedTask[] =>
  seededOrder(tasks.length, seed).flatMap((at) => tasks[at] ?? []);

const seedsOf = (repeats: number): number[] =>
  Array.from({ length: repeats }, (_, at) => at + 1);

/** What the strong expert gained over the weak one in tasks of the type, drawn to the gain in all. */
function typeGain(tasks: readonly RecordedTask[]): Scorer {
  const types = new Map<string, { tasks: number; gain: number }>();
  let all = 0;
  for (const { features, weak, strong } of tasks) {
    const gain = Number(strong) - Number(weak);
    const of = types.get(features.type) ?? { tasks: 0, gain: 0 };
    types.set(features.type, of);
    of.tasks++;
    of.gain += gain;
    all += gain / tasks.length;
  }
  return ({ features }) => {
    const of = types.get(features.type) ?? { tasks: 0, gain: 0 };
    return (of.gain + TYPE_STRENGTH * all) / (of.tasks + TYPE_STRENGTH);
  };
}

function modelGain(tasks: readonly RecordedTask[]): Scorer {
  const model = new RouterModel();
  const run = { isAfterFailure: false, cost: null, runMs: null };
  for (const { features, weak, strong } of tasks) {
    model.observe(features, { ...run, expert: "weak", isSuccess: weak });
    model.observe(features, { ...run, expert: "strong", isSuccess: strong });
  }
  return ({ features }) => {
    const vector = model.vectorOf(features);
    const shared = model.sharedScore(vector);
    const success = (expert: string): number =>
      chance(model.viewOf(expert, features.type, vector, shared).logOdds);
    return success("strong") - success("weak");
  };
}

const report = (
  curves: readonly (readonly CurveFigures[])[],
  learned: number,
  tested: number,
): SplitReport => ({
  tests: curves.length,
  learned,
  tested,
  rules: RULES.map(([rule], at) => {
    const of = (figure: keyof CurveFigures): number[] =>
      curves.flatMap((figures) => figures[at]?.[figure] ?? []);
    return {
      rule,
      apgr: spreadOf(of("apgr")),
      cpt50: spreadOf(of("cpt50"))?.mean ?? null,
      cpt80: spreadOf(of("cpt80"))?.mean ?? null,
    };
  }),
});

const spreadOf = (values: readonly number[]): Spread | null =>
  values.length === 0
    ? null
    : {
        mean: values.reduce((sum, it) => sum + it, 0) / values.length,
        least: Math.min(...values),
        most: Math.max(...values),
      };
