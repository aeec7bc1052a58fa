/** One answer of several results, by one of four strategies; where there is none that can be stood by, none is made up. */

import {
  type EnsembleAnswer,
  PASSES,
  type Strategy,
} from "../../flow-balancer/core/ensemble.ts";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { leadOf, percent } from "./aggregate-consensus.ts";
import { itemsOf, supported, together } from "./aggregate-items.ts";
import type { PanelBelief } from "./aggregate-memory.ts";
import { type PanelResult, votesOf } from "./aggregate-panel.ts";
import { consensus } from "./consensus.ts";

export type Aggregate = Pick<
  EnsembleAnswer,
  "outcome" | "value" | "guess" | "seats" | "chance" | "items" | "why"
>;

export interface Aggregation {
  readonly results: readonly PanelResult[];
  readonly panel: PanelBelief;
  /** Seats that could still have answered. */
  readonly toCome: number;
  readonly minSupport: number | null;
}

export function aggregate(
  strategy: Strategy,
  aggregation: Aggregation,
): Aggregate {
  if (aggregation.results.length === 0)
    return none("no_result", "no attempt completed");
  switch (strategy) {
    case "consensus":
      return byConsensus(aggregation);
    case "best_quality":
      return byCheck(aggregation);
    case "union":
      return byItems(aggregation, 1);
    case "intersection":
      return byItems(aggregation, null);
  }
}

/** What the one that was asked said. */
export function single(results: readonly PanelResult[]): Aggregate {
  const [one] = results;
  if (one === undefined) return none("no_result", "no attempt completed");
  if (one.score !== null && one.score < PASSES)
    return none("none_passed", "the one result did not pass the check");
  return given(one.value, [one.seat], []);
}

function byConsensus({ results, panel, toCome }: Aggregation): Aggregate {
  const of = results.length;
  const lead = leadOf(votesOf(results), panel, toCome);
  const seats = lead?.leader.voters.map(({ place }) => place) ?? [];
  const chosen = results.find(({ seat }) => seat === seats[0]);
  if (lead?.isAgreed && chosen !== undefined)
    return {
      ...given(chosen.value, seats, [
        `${seats.length} of ${of} results say the same`,
        WEIGHED[panel.basis],
        ...(lead.chance === null
          ? []
          : [`right with a chance of ${percent(lead.chance)} by those checks`]),
      ]),
      chance: lead.chance,
    };
  const answers = new Set(results.map(({ key }) => key)).size;
  const why =
    of === 1
      ? "one result alone, and nothing to hold it against"
      : `${of} results, ${answers} different answers: too little to stand by any`;
  const isGuess = of > 1 && chosen !== undefined;
  return {
    ...none("no_agreement", why, isGuess ? [WEIGHED[panel.basis]] : []),
    guess: isGuess ? chosen.value : null,
    chance: isGuess ? (lead?.chance ?? null) : null,
    seats: isGuess ? seats : [],
  };
}

const WEIGHED = {
  checks: "votes count by how often checks found their experts right",
  agreement:
    "votes count by how often their experts agree with others; nobody checked",
  nothing:
    "every vote counts about alike: too few earlier answers to know who is how reliable",
} as const satisfies Record<PanelBelief["basis"], string>;

/** Of as good ones, what most trust goes to. */
function byCheck({ results, panel, toCome }: Aggregation): Aggregate {
  const checked = results.filter(({ score }) => score !== null);
  if (checked.length === 0)
    return none("no_agreement", "the check could not be made of any result");
  const best = Math.max(...checked.map(({ score }) => score ?? 0));
  const unchecked = results.length - checked.length;
  const left = unchecked > 0 ? [`${unchecked} could not be checked`] : [];
  if (best < PASSES)
    return none(
      "none_passed",
      `none of ${checked.length} passed the check`,
      left,
    );
  const tops = checked.filter(({ score }) => score === best);
  const [leader] = consensus(votesOf(tops), panel.belief, toCome);
  const seats = leader?.voters.map(({ place }) => place) ?? [];
  const chosen = tops.find(({ seat }) => seat === seats[0]);
  if (chosen === undefined) return none("no_result", "no attempt completed");
  const passed = checked.filter(({ score }) => (score ?? 0) >= PASSES).length;
  return given(chosen.value, seats, [
    `${passed} of ${checked.length} checked results passed; the best scored ${best}`,
    ...left,
  ]);
}

/** `least` null: asked for, or by more than half. */
function byItems(
  { results, minSupport }: Aggregation,
  least: number | null,
): Aggregate {
  const lists = results.flatMap(({ seat, value }) => {
    const items = itemsOf(seat, value);
    return items === null ? [] : [{ seat, items }];
  });
  const of = lists.length;
  const others = results.length - of;
  const left =
    others > 0 ? [`${others} results are no lists, and left out`] : [];
  if (of === 0) return none("no_agreement", "no result is a list", left);
  const needed = least ?? minSupport ?? Math.floor(of / 2) + 1;
  if (least === null && (of === 1 || needed > of))
    return none(
      "no_agreement",
      `${of} ${of === 1 ? "list" : "lists"}: too few to say what ${Math.max(2, needed)} have in common`,
      left,
    );
  const items = supported(together(...lists.map((list) => list.items)), needed);
  const seats = new Set(items.flatMap((item) => item.seats));
  const value: JsonValue = items.map((item) => item.value);
  const rule =
    needed === 1 ? "every item of" : `items that ${needed} or more gave of`;
  return {
    ...given(
      value,
      [...seats].sort((a, b) => a - b),
      [
        `${rule} ${of} ${of === 1 ? "list" : "lists"}: ${items.length}`,
        ...left,
      ],
    ),
    items,
  };
}

const given = (
  value: JsonValue,
  seats: readonly number[],
  why: readonly string[],
): Aggregate => ({
  outcome: "value",
  value,
  guess: null,
  seats,
  chance: null,
  items: null,
  why,
});

const none = (
  outcome: "no_agreement" | "none_passed" | "no_result",
  ...why: (string | readonly string[])[]
): Aggregate => ({
  outcome,
  value: null,
  guess: null,
  seats: [],
  chance: null,
  items: null,
  why: why.flat(),
});
