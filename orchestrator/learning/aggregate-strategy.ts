/**
 * How results become one answer where nobody said how: by what kind of results they are and whether there is
 * a check, and for lists, where two ways make sense, by which of them passed its checks.
 */

import type {
  EnsembleQuestion,
  Strategy,
} from "../../flow-balancer/core/ensemble.ts";
import { type EnsembleMemory, ENOUGH_RUNS } from "./aggregate-memory.ts";
import type { ResultKind } from "./canonical-result.ts";
import { hash32, mix32 } from "./similarity-hash.ts";

export interface StrategyChoice {
  readonly strategy: Strategy;
  /** Both are made, and the check decides: the one named first, if they are equal. */
  readonly orElse: Strategy | null;
  readonly why: string;
}

/** Share of lists of which the way that worked less is made and checked too, so that it can be taken back. */
const PROBES = 0.05;

export function strategyOf(
  { strategy, type, check, id }: EnsembleQuestion,
  kind: ResultKind | null,
  memory: EnsembleMemory,
): StrategyChoice {
  if (strategy !== "auto")
    return { strategy, orElse: null, why: "as it was asked for" };
  if (kind !== "set")
    return check === null
      ? only("consensus", `${named(kind)}: what most trust goes to`)
      : only("best_quality", `${named(kind)}, and a check decides`);
  if (check === null)
    return only(
      "union",
      "results are lists, and no check tells which items are wrong",
    );
  const [union, unions] = memory.tallyOf(type, "union");
  const [intersection, intersections] = memory.tallyOf(type, "intersection");
  const seen = `of lists of this type, ${union} of ${unions} unions and ${intersection} of ${intersections} intersections passed the check`;
  const n = Math.min(unions, intersections);
  const isProbe = mix32(hash32(type, mix32(hash32(id)))) / 2 ** 32 < PROBES;
  const worked =
    rate(intersection, intersections) > rate(union, unions)
      ? "intersection"
      : "union";
  if (n < ENOUGH_RUNS)
    return {
      strategy: "union",
      orElse: "intersection",
      why: `results are lists, and the check decides; ${seen}${n > 0 ? `: ${n} runs, not enough` : ""}`,
    };
  return isProbe
    ? {
        strategy: worked,
        orElse: worked === "union" ? "intersection" : "union",
        why: `${seen}; both tried, to see whether that still holds`,
      }
    : only(worked, seen);
}

const only = (strategy: Strategy, why: string): StrategyChoice => ({
  strategy,
  orElse: null,
  why,
});

const NAMES: Readonly<Record<ResultKind, string>> = {
  answer: "results are single answers",
  set: "results are lists",
  json: "results are structures",
  patch: "results are patches",
  text: "results are texts",
};

const named = (kind: ResultKind | null): string =>
  kind === null ? "results are of no one kind" : NAMES[kind];

/** Mean of a flat Beta prior and what was seen. */
const rate = (passed: number, n: number): number => (passed + 1) / (n + 2);
