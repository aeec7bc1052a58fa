/** A decision of the router in short lines for a person: what was chosen, why, how sure, and what stood against it. */

import type { Expert, RouteQuestion } from "../../flow-balancer/core/expert.ts";
import { durationInWords } from "../../flow-balancer/core/duration-in-words.ts";
import { duration } from "../../flow-balancer/core/figures.ts";
import { quoted } from "../../flow-balancer/core/quoted.ts";
import type { Candidate } from "./router-cascade.ts";
import { type Estimate, oddsAbove } from "./router-odds.ts";

/** An expert, and what is expected of it for one task. */
export interface Judged extends Candidate {
  readonly expert: Expert;
  /** Of this type of task; of all. */
  readonly runs: number;
  readonly allRuns: number;
  readonly cost: number;
  readonly typicalMs: number | null;
  readonly barredBy: string | null;
}

/** One that no rule forbids. */
export interface Playable extends Judged {
  readonly value: Estimate;
  readonly odds: number;
}

export interface Decided {
  readonly question: RouteQuestion;
  readonly judged: readonly Judged[];
  readonly open: readonly Playable[];
  /** One of `open`; null: there is none. */
  readonly choice: Playable | null;
  readonly next: readonly string[];
}

/** Fewer runs of a type say little. */
const ENOUGH_RUNS = 20;
/** Surer than this that one is better, and it is a margin; else it is a tie. */
const MARGIN = 0.9;

export function routeReason(decided: Decided): string[] {
  const { question, judged, open, choice, next } = decided;
  const barred = judged.flatMap(({ expert, barredBy }) =>
    barredBy === null
      ? []
      : [`${quoted(expert.name)} is ruled out: ${barredBy}`],
  );
  if (choice === null)
    return judged.length === 0
      ? [`no expert serves the kind ${quoted(question.kind)}`]
      : ["no expert is left", ...barred];
  return [
    choiceLine(choice),
    ...(open.length === 1
      ? ["it is the only one left"]
      : marginLines(choice, open)),
    ...thinLines(open),
    ...(next.length === 0
      ? []
      : [
          `if the check fails: ${next.map((it) => quoted(it)).join(", then ")}`,
        ]),
    ...(question.isSingle && question.copies > 1
      ? [
          `one expert, not ${question.copies}: more were not worth it for such tasks`,
        ]
      : []),
    ...barred,
  ];
}

function choiceLine({
  expert,
  success,
  cost,
  typicalMs,
  odds,
}: Playable): string {
  const time =
    typicalMs === null
      ? ""
      : `, about ${typicalMs < 10_000 ? duration(typicalMs) : durationInWords(typicalMs)} a run`;
  return `${quoted(expert.name)}, chosen at odds of ${percent(odds)}: expected to succeed in ${percent(success)}, cost ${figure(cost)}${time}`;
}

/** A tie is not a margin. */
function marginLines(chosen: Playable, open: readonly Playable[]): string[] {
  const [best, second] = open.toSorted((a, b) => b.value.mean - a.value.mean);
  if (best === undefined || second === undefined) return [];
  const sure = oddsAbove(best.value, second.value);
  const names = `${quoted(best.expert.name)} and ${quoted(second.expert.name)}`;
  const margin =
    sure >= MARGIN
      ? `${quoted(best.expert.name)} is better than the next, ${quoted(second.expert.name)}, at ${percent(sure)} sureness`
      : `no margin between ${names}: ${percent(sure)} sure that the first is better, ${percent(MARGIN)} would be one`;
  return chosen === best
    ? [margin]
    : [margin, "not the one expected to be best: chosen to learn more of it"];
}

function thinLines(open: readonly Playable[]): string[] {
  const thin = open.filter(({ runs }) => runs < ENOUGH_RUNS);
  return thin.length === 0
    ? []
    : [
        `thin evidence (${ENOUGH_RUNS} runs of the type are enough): ${thin
          .map(
            ({ expert, runs, allRuns }) =>
              `${quoted(expert.name)} ${Math.floor(runs)}${allRuns > runs ? ` of ${Math.floor(allRuns)} in all` : ""}`,
          )
          .join(", ")}`,
      ];
}

/** Rounded down: 99.9 % isn't sure. */
function percent(share: number): string {
  const grain = share < 0.1 ? 1_000 : 100;
  return `${(100 * Math.floor(share * grain + 1e-9)) / grain} %`;
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));
