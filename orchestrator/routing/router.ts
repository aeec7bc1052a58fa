/**
 * Which of several experts a task goes to. What an expert is worth for a task is the chance that it does it well
 * times the worth of a success, less what a call costs and what the wait costs; where a check tells a bad
 * result, with what those are worth who are asked next. Each is chosen as often as it is likely to be
 * the best (Thompson sampling), and none less than a floor, so that who was misjudged comes back.
 * Then the rules: what an expert cannot do, or what costs too much, it is not given, whatever was learned.
 */

import type {
  Expert,
  RouteAlternative,
  RouteDecision,
  RouteQuestion,
} from "../../flow-balancer/core/expert.ts";
import { chance, costOf, typicalMs, weightOf } from "./expert-tally.ts";
import {
  FeatureReader,
  type Features,
  type FeatureSource,
} from "./features.ts";
import { type Judged, type Playable, routeReason } from "./router-explain.ts";
import {
  type ModelSnapshot,
  type RoutedRun,
  RouterModel,
} from "./router-model.ts";
import { drawn, oddsOf } from "./router-odds.ts";
import { checkedSettings, type RouterSettings } from "./router-settings.ts";
import { askedNext, valueOf } from "./router-cascade.ts";

export type RouterSnapshot = ModelSnapshot;

/** Changes when the same snapshot, question and seed could give another answer than before. */
const VERSION = "thompson-1";
/** Deviations are halved: with them whole, a third of the tasks would go on exploring for long. */
const BOLDNESS = 0.5;

export class Router {
  readonly experts: readonly Expert[];
  readonly settings: RouterSettings;
  readonly #model: RouterModel;
  readonly #reader = new FeatureReader();
  /** Of one success, in units of cost. */
  readonly #worth: number;

  /** Throws INVALID_CONFIG for settings that are none. */
  constructor(
    experts: readonly Expert[],
    settings: Partial<RouterSettings> = {},
    model: RouterModel = new RouterModel(),
  ) {
    this.experts = experts;
    this.settings = checkedSettings(settings);
    this.#model = model;
    const dearest = Math.max(0, ...experts.map(({ cost }) => cost));
    this.#worth = this.settings.worth ?? (dearest === 0 ? 1 : 10 * dearest);
  }

  /** Throws INVALID_INPUT for what `snapshot` did not write. */
  static restore(
    snapshot: RouterSnapshot,
    experts: readonly Expert[],
    settings: Partial<RouterSettings> = {},
  ): Router {
    return new Router(experts, settings, RouterModel.restore(snapshot));
  }

  snapshot(): RouterSnapshot {
    return this.#model.snapshot();
  }

  merge(other: RouterSnapshot): void {
    this.#model.merge(RouterModel.restore(other));
  }

  /** Of the experts that serve the kind. A pure function of what was learned, `question` and `seed` (any integer). */
  decide(question: RouteQuestion, seed: number): RouteDecision {
    const judged = this.#judge(question, this.#reader.read(question));
    const open = this.#weigh(
      judged.filter(({ barredBy }) => barredBy === null),
      question.hasCheck,
    );
    const place = drawn(
      open.map(({ odds }) => odds),
      seed,
    );
    const choice = open[place] ?? null;
    const { together, next } = this.#inTurn(question, open, choice);
    return {
      choice: choice?.expert.name ?? null,
      propensity: choice?.odds ?? 0,
      together,
      next,
      alternatives: judged.map((it) =>
        alternativeOf(
          open.find(({ expert }) => expert === it.expert) ?? {
            ...it,
            value: valueOf(it, [], this.#worth),
            odds: 0,
          },
        ),
      ),
      reason: routeReason({ question, judged, open, choice, next }),
      policyVersion: VERSION,
    };
  }

  /** What is seen of a task; enough for `learn`. */
  read(task: FeatureSource): Features {
    return this.#reader.read(task);
  }

  /** What came of a run. Runs of experts that are configured no more count too. */
  learn(seen: Features, run: RoutedRun): void {
    this.#model.observe(seen, run);
  }

  /** As `learn`. */
  observe(task: FeatureSource, run: RoutedRun): void {
    this.learn(this.read(task), run);
  }

  /** Runs that were learned from. */
  get runs(): number {
    return this.#model.runs;
  }

  #weigh(open: readonly Judged[], hasCheck: boolean): Playable[] {
    const values = open.map((it) =>
      valueOf(it, hasCheck ? open : [], this.#worth),
    );
    const odds = oddsOf(
      values.map(({ mean, deviation }) => ({
        mean,
        deviation: BOLDNESS * deviation,
      })),
      this.settings.floor,
    );
    return open.map((it, at) => ({
      ...it,
      value: values[at] ?? { mean: 0, deviation: 0 },
      odds: odds[at] ?? 0,
    }));
  }

  #inTurn(
    { copies, isSingle, hasCheck }: RouteQuestion,
    open: readonly Playable[],
    choice: Playable | null,
  ): Pick<RouteDecision, "together" | "next"> {
    if (choice === null) return { together: [], next: [] };
    const others = open
      .filter((it) => it !== choice)
      .sort((a, b) => b.value.mean - a.value.mean);
    const more = isSingle ? 0 : Math.max(0, copies - 1);
    return {
      together: [choice, ...others.slice(0, more)].map(nameOf),
      next: hasCheck
        ? askedNext(others.slice(more), this.#worth).map(nameOf)
        : [],
    };
  }

  #judge(question: RouteQuestion, features: Features): Judged[] {
    const model = this.#model;
    const { type } = features;
    const vector = model.vectorOf(features);
    const shared = model.sharedScore(vector);
    return this.experts
      .filter(({ kinds }) => kinds.includes(question.kind))
      .map((expert) => {
        const { name } = expert;
        const { all, own, logOdds, afterFailure } = model.viewOf(
          name,
          type,
          vector,
          shared,
        );
        const cost = costOf(own, all, expert.cost);
        const ms = typicalMs(own, all);
        const judged = {
          expert,
          success: chance(logOdds),
          afterFailure: chance(afterFailure),
          weight: weightOf(own, all),
          runs: own.runs,
          allRuns: all.runs,
          cost,
          typicalMs: ms === 0 ? null : ms,
          price: cost + (this.settings.secondCost * ms) / 1_000,
          barredBy: null,
        };
        return { ...judged, barredBy: ruleAgainst(judged, question) };
      });
  }
}

const nameOf = ({ expert }: Judged): string => expert.name;

const alternativeOf = (it: Playable): RouteAlternative => ({
  expert: it.expert.name,
  success: it.success,
  cost: it.cost,
  typicalMs: it.typicalMs,
  utility: it.value.mean,
  propensity: it.odds,
  runs: it.runs,
  barredBy: it.barredBy,
});

/** The rule that forbids it, in words for a person. */
function ruleAgainst(
  { expert, cost }: Pick<Judged, "expert" | "cost">,
  { needs, budget }: RouteQuestion,
): string | null {
  const lacking = needs.filter((name) => !expert.capabilities.includes(name));
  if (lacking.length > 0) return `it cannot do ${lacking.join(", ")}`;
  return budget !== null && cost > budget
    ? `a call costs ${Number(cost.toPrecision(3))}, the budget is ${budget}`
    : null;
}
