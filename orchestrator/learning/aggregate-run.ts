/** One ensemble from its question to its answer: decides by what earlier ones showed, and says what it showed itself. */

import type {
  EnsembleAnswer,
  EnsembleProgress,
  EnsembleQuestion,
  EnsembleRun,
  EnsembleStep,
  Proposal,
} from "../../flow-balancer/core/ensemble.ts";
import { PASSES } from "../../flow-balancer/core/ensemble.ts";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import { type Aggregate, aggregate, single } from "./aggregate-answer.ts";
import type {
  EnsembleEvidence,
  EnsembleMemory,
  PanelBelief,
} from "./aggregate-memory.ts";
import { askingOrder, nextStep } from "./aggregate-next.ts";
import {
  type Panel,
  panelOf,
  type PanelResult,
  votesOf,
} from "./aggregate-panel.ts";
import { type StrategyChoice, strategyOf } from "./aggregate-strategy.ts";
import { canonicalise } from "./canonical-result.ts";
import type { Vote } from "./consensus.ts";
import type { GateDecision } from "./parallel-gate.ts";
import type { ParallelRun } from "./parallel-gate-evidence.ts";
import { guessKind } from "./result-kind.ts";
import { hash32, mix32 } from "./similarity-hash.ts";
import { type WasteOfRun, wasteOf } from "./waste.ts";

/** Share of ensembles that ask everybody, so that no expert is left out for ever. */
const PROBES = 0.1;
const ALL_ASKED =
  "all are asked: of who would be left out, more is to be known";

export class AggregateRun implements Omit<EnsembleRun, "began"> {
  /** Null: how many to ask was not left open. */
  readonly gate: GateDecision | null;
  readonly #question: EnsembleQuestion;
  readonly #memory: EnsembleMemory;
  readonly #panel: PanelBelief;
  readonly #onEvidence: (evidence: EnsembleEvidence) => void;
  readonly #asksAll: boolean;
  /** Whom it asked before anybody had said anything; null: nobody was asked yet. */
  #firstAsked: readonly number[] | null = null;
  #proposed: readonly Proposal[] = [];
  #compared: Panel = { kind: null, results: [] };

  /** `onEvidence` is called by `conclude`, unless nothing was done for it. */
  constructor(
    question: EnsembleQuestion,
    memory: EnsembleMemory,
    onEvidence: (evidence: EnsembleEvidence) => void,
  ) {
    this.#question = question;
    this.#memory = memory;
    this.#onEvidence = onEvidence;
    const { type, seats, strategy, id } = question;
    this.#panel = memory.beliefOf(type, seats);
    this.#asksAll = memory.asksAll(type, seats, {
      isChecked: question.check !== null,
      isProbe: mix32(hash32(type, hash32(id))) / 2 ** 32 < PROBES,
    });
    this.gate =
      strategy === "auto" && seats.length > 1
        ? memory.gate.decide(type, hash32(id))
        : null;
  }

  get #isSingle(): boolean {
    return this.gate?.mode === "single";
  }

  next(progress: EnsembleProgress): EnsembleStep {
    const panel = this.#panelOf(progress);
    const step = nextStep({
      question: this.#question,
      progress,
      results: panel.results,
      strategy: this.#isSingle ? "single" : this.#choice(panel).strategy,
      panel: this.#panel,
      asksAll: this.#asksAll,
    });
    this.#firstAsked ??= step.start;
    return step;
  }

  isChecked(value: JsonValue): boolean {
    const kind = this.#question.resultKind ?? guessKind(value);
    const { strategy } = strategyOf(this.#question, kind, this.#memory);
    return strategy === "best_quality" || strategy === "consensus";
  }

  proposals(progress: EnsembleProgress): readonly Proposal[] {
    return (this.#proposed = this.#proposals(progress));
  }

  #proposals(progress: EnsembleProgress): readonly Proposal[] {
    if (this.#question.check === null || this.#isSingle) return [];
    const panel = this.#panelOf(progress);
    const { strategy, orElse } = this.#choice(panel);
    if (strategy !== "union" && strategy !== "intersection") return [];
    return [strategy, ...(orElse === null ? [] : [orElse])].flatMap((way) => {
      const made = this.#made(way, panel, progress);
      return made.outcome === "value"
        ? [{ strategy: way, value: made.value }]
        : [];
    });
  }

  conclude(
    progress: EnsembleProgress,
    scores: readonly (number | null)[],
  ): EnsembleAnswer {
    const panel = this.#panelOf(progress);
    const proposals = this.#proposed;
    const choice = this.#choice(panel);
    const strategy = bestOf(proposals, scores) ?? choice.strategy;
    const made = this.#isSingle
      ? single(panel.results)
      : judgedBy(this.#made(strategy, panel, progress), proposals, scores);
    const waste = wasteIn(panel);
    const evidence: EnsembleEvidence = {
      type: this.#question.type,
      checked: panel.results.flatMap(({ expert, key, score }) =>
        score === null ? [] : [{ expert, key, ok: score >= PASSES }],
      ),
      votes: this.#votes(panel, progress),
      parallel: this.#parallel(made, panel, progress, waste),
      judged: proposals.flatMap(({ strategy: way }, at) => {
        const score = scores[at] ?? null;
        return score === null ? [] : [[way, score >= PASSES] as const];
      }),
    };
    if (progress.isNew) this.#onEvidence(evidence);
    return {
      ...made,
      strategy: this.#isSingle ? "single" : strategy,
      groups: groupsOf(panel),
      waste: waste.compared ? waste.waste : null,
      why: [...this.#why(choice), ...made.why],
    };
  }

  /** Of those that were asked before anything was known, once all have ended: who is asked, or waited for, since the others differ, agrees with them less than it would at other tasks. */
  #votes({ kind, results }: Panel, { failed }: EnsembleProgress): Vote[] {
    const asked = this.#firstAsked ?? [];
    const votes = votesOf(results).filter(({ place }) => asked.includes(place));
    const ended =
      asked.filter((seat) => failed.includes(seat)).length + votes.length;
    return kind === "set" || ended < asked.length ? [] : votes;
  }

  #why(choice: StrategyChoice): string[] {
    if (this.gate?.mode === "single") return [...this.gate.reason];
    const probe = this.gate?.probe
      ? [
          ...this.gate.reason,
          "several are asked this time, to see whether that still holds",
        ]
      : [];
    const all =
      this.#asksAll && choice.strategy === "consensus" ? [ALL_ASKED] : [];
    return [...probe, choice.why, ...all];
  }

  #choice({ kind }: Panel): StrategyChoice {
    return strategyOf(this.#question, kind, this.#memory);
  }

  /** Results can be long, and are only ever added to. */
  #panelOf({ results }: EnsembleProgress): Panel {
    if (this.#compared.results.length !== results.length) {
      const { seats, resultKind } = this.#question;
      this.#compared = panelOf(results, seats, resultKind);
    }
    return this.#compared;
  }

  #made(
    strategy: Parameters<typeof aggregate>[0],
    { results }: Panel,
    { failed }: EnsembleProgress,
  ): Aggregate {
    const { seats, minSupport } = this.#question;
    return aggregate(strategy, {
      results,
      panel: this.#panel,
      toCome: seats.length - results.length - failed.length,
      minSupport,
    });
  }

  /** Beside what the one would have said that is asked first; null: it was not waited for. That they don't agree is something one alone can't say. */
  #parallel(
    made: Aggregate,
    panel: Panel,
    { failed, running }: EnsembleProgress,
    waste: WasteOfRun,
  ): ParallelRun | null {
    const first = askingOrder(this.#question.seats, this.#panel)[0]?.place ?? 0;
    const alone = panel.results.find(({ seat }) => seat === first) ?? null;
    if (alone === null && !failed.includes(first)) return null;
    if (made.outcome === "no_result") return null;
    return {
      experts: panel.results.length + failed.length + running.length,
      alone: alone?.result ?? null,
      accepted:
        made.outcome === "value"
          ? canonicalise(made.value, panel.kind ?? guessKind(made.value))
          : null,
      right: bothRight(made, alone, panel),
      waste,
    };
  }
}

/** By the check; null: it did not look at both. What failed is not right, nor is no answer. */
function bothRight(
  { outcome, seats, items }: Aggregate,
  alone: PanelResult | null,
  { results }: Panel,
): ParallelRun["right"] {
  if (outcome === "no_agreement" || items !== null) return null;
  if (alone !== null && alone.score === null) return null;
  const own = alone !== null && isRight(alone);
  if (outcome === "none_passed") return { alone: own, accepted: false };
  const accepted = results.find(({ seat }) => seat === seats[0]);
  return accepted === undefined || accepted.score === null
    ? null
    : { alone: own, accepted: isRight(accepted) };
}

const isRight = ({ score }: PanelResult): boolean =>
  score !== null && score >= PASSES;

/** The one with the highest score; of equals, the first. Null: none has a score. */
function bestOf(
  proposals: readonly Proposal[],
  scores: readonly (number | null)[],
): Proposal["strategy"] | null {
  let best: Proposal["strategy"] | null = null;
  let most = -1;
  for (const [at, { strategy }] of proposals.entries()) {
    const score = scores[at] ?? null;
    if (score === null || score <= most) continue;
    most = score;
    best = strategy;
  }
  return best;
}

/** A list the check turned down is no answer. */
function judgedBy(
  made: Aggregate,
  proposals: readonly Proposal[],
  scores: readonly (number | null)[],
): Aggregate {
  if (proposals.length === 0) return made;
  const known = scores.filter((score) => score !== null);
  if (known.length === 0)
    return { ...made, why: [...made.why, "the check could not be made"] };
  const best = Math.max(...known);
  const said = proposals
    .map(({ strategy }, at) => `${strategy} scored ${scores[at] ?? "nothing"}`)
    .join(", ");
  return best >= PASSES
    ? { ...made, why: [...made.why, `by the check, ${said}`] }
    : {
        ...made,
        outcome: "none_passed",
        value: null,
        seats: [],
        items: null,
        why: [`by the check, ${said}: none passed`],
      };
}

function groupsOf({ results }: Panel): Map<number, number> {
  const keys = [...new Set(results.map(({ key }) => key))];
  return new Map(results.map(({ seat, key }) => [seat, keys.indexOf(key) + 1]));
}

const wasteIn = ({ results }: Panel): WasteOfRun =>
  wasteOf(
    results.map(({ result }) => result),
    results.map(({ cost }) => cost),
  );
