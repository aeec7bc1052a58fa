/** Whom to ask next, and when nobody more: no more attempts are started than could settle it. */

import type {
  EnsembleProgress,
  EnsembleQuestion,
  EnsembleStep,
  Strategy,
} from "../../flow-balancer/core/ensemble.ts";
import { PASSES } from "../../flow-balancer/core/ensemble.ts";
import { quorum, whyEnough } from "./aggregate-consensus.ts";
import type { PanelBelief } from "./aggregate-memory.ts";
import { type PanelResult, votesOf } from "./aggregate-panel.ts";
import { byReliability, type Voter } from "./consensus.ts";

export interface Situation {
  readonly question: EnsembleQuestion;
  readonly progress: EnsembleProgress;
  readonly results: readonly PanelResult[];
  readonly strategy: Strategy | "single";
  readonly panel: PanelBelief;
  /** Whatever the first ones say: what they say decides else who is ever learned of. */
  readonly asksAll: boolean;
}

/** Most reliable first; of equals, as they were named. */
export const askingOrder = (
  seats: readonly string[],
  { belief }: PanelBelief,
): Voter[] =>
  seats.map((expert, place) => ({ place, expert })).sort(byReliability(belief));

export function nextStep(situation: Situation): EnsembleStep {
  const { question, progress, strategy } = situation;
  const { results, running, failed } = progress;
  const begun = new Set([
    ...running,
    ...failed,
    ...results.map(({ seat }) => seat),
  ]);
  const unasked = askingOrder(question.seats, situation.panel).filter(
    ({ place }) => !begun.has(place),
  );
  const settled = whySettled(situation, unasked);
  if (settled !== null) return { settled, start: [] };
  const more =
    question.allAtOnce && strategy !== "single"
      ? unasked.length
      : howMany(situation, unasked) - running.length;
  return {
    settled: null,
    start: unasked.slice(0, Math.max(0, more)).map(({ place }) => place),
  };
}

function whySettled(
  situation: Situation,
  unasked: readonly Voter[],
): string | null {
  const { question, progress, results, strategy, panel, asksAll } = situation;
  if (strategy === "single")
    return results.length > 0 ? "one was to be asked, and it answered" : null;
  if (strategy === "best_quality") {
    const enough = question.check === "verdict" ? PASSES : 1;
    return results.some(({ score }) => score !== null && score >= enough)
      ? "a result passed the check"
      : null;
  }
  if (strategy !== "consensus" || asksAll) return null;
  const waiting = [...waitingOf(question.seats, progress.running), ...unasked];
  return waiting.length === 0
    ? null
    : whyEnough(votesOf(results), waiting, panel);
}

/** How many have to be running so that it could be settled once they are in. */
function howMany(situation: Situation, unasked: readonly Voter[]): number {
  const { question, progress, results, strategy, panel, asksAll } = situation;
  const running = waitingOf(question.seats, progress.running);
  const all = running.length + unasked.length;
  if (strategy === "single") return 1;
  if (strategy === "best_quality")
    return question.check === "verdict" ? 1 : all;
  if (strategy !== "consensus" || asksAll) return all;
  return quorum(votesOf(results), [...running, ...unasked], panel);
}

const waitingOf = (
  seats: readonly string[],
  places: readonly number[],
): Voter[] => places.map((place) => ({ place, expert: seats[place] ?? "" }));
