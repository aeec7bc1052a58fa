/**
 * What was paid for results that others had already brought: cost-weighted, in order of completion.
 * Where one result alone was run there is nothing to compare, and no verdict.
 */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { CanonicalResult } from "./canonical-result.ts";
import { type Novelty, novelties } from "./novelty.ts";

export interface NothingToCompare {
  readonly compared: false;
  readonly results: number;
}

export interface ComparedResults {
  readonly compared: true;
  readonly results: number;
  /** sum of cost x (1 - novelty) / sum of cost: 0 where all are new, towards 1 where all say the same. */
  readonly waste: number;
  /** One a result, in order of completion. */
  readonly novelties: readonly Novelty[];
}

export type WasteOfRun = NothingToCompare | ComparedResults;

/**
 * `results` of the same task in order of completion, `costs` of the same length in any one unit
 * (where all are 0: as if all cost the same). Throws INVALID_ARGUMENT for other lengths, and for a
 * cost that is below 0 or no number.
 */
export function wasteOf(
  results: readonly [] | readonly [CanonicalResult],
  costs: readonly number[],
): NothingToCompare;
export function wasteOf(
  results: readonly CanonicalResult[],
  costs: readonly number[],
): WasteOfRun;
export function wasteOf(
  results: readonly CanonicalResult[],
  costs: readonly number[],
): WasteOfRun {
  checkCosts(results.length, costs);
  if (results.length < 2) return { compared: false, results: results.length };
  const each = novelties(results);
  // Taken by the largest, so that the sum of huge ones stays finite.
  const largest = Math.max(...costs);
  const weights = costs.map((cost) => (largest === 0 ? 1 : cost / largest));
  const wasted = each.map(
    ({ novelty }, at) => (weights[at] ?? 0) * (1 - novelty),
  );
  return {
    compared: true,
    results: results.length,
    waste: sum(wasted) / sum(weights),
    novelties: each,
  };
}

/** Short lines for a person. */
export function explainWaste(run: WasteOfRun): string[] {
  if (!run.compared)
    return [
      run.results === 0
        ? "no result: nothing to compare"
        : "one result: nothing to compare",
    ];
  return [
    `${share(run.waste)} of the cost went into what an earlier result had already said`,
    ...run.novelties.map(({ novelty, nearest }, at) =>
      nearest === null
        ? `result ${at + 1}: the first`
        : `result ${at + 1}: ${share(novelty)} new; nearest is result ${nearest.at + 1} (${nearest.rung})`,
    ),
  ];
}

function checkCosts(results: number, costs: readonly number[]): void {
  if (costs.length !== results)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `${results} results, but ${costs.length} costs`,
      { hint: "Give one cost a result, in order of completion." },
    );
  const bad = costs.findIndex((cost) => !(cost >= 0 && cost < Infinity));
  if (bad >= 0)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `cost ${bad + 1} is ${costs[bad]}; a cost is a number from 0`,
      { hint: "Give all costs in one unit: money, tokens or ms." },
    );
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, it) => total + it, 0);

/** Rounded down: never more than it was. */
const share = (part: number): string => `${Math.floor(part * 100)} %`;
