/** What was learned of experts, from a store that may only be read: what was saved, and the outcomes since. */

import type { Database } from "bun:sqlite";
import type { Config } from "./config.ts";
import { unpackFeatures } from "../orchestrator/routing/packed-features.ts";
import { Router, type RouterSnapshot } from "../orchestrator/routing/router.ts";
import { learnAll, type ReadSlice, SLICE } from "./outcome-slices.ts";
import { restored } from "./shared-learning.ts";
import { OutcomeLog } from "./store/outcome-log.ts";
import { readLearned } from "./store/read-learned.ts";
import { type RoutedOutcome, RoutedOutcomes } from "./store/routed-outcomes.ts";

/** The learner's name in the store, and its policy's. */
export const ROUTER = "router";
export const ROUTER_STATE_VERSION = 1;

export type RoutingSettings = Pick<Config, "experts" | "routing">;

export interface LearnedRouter {
  readonly router: Router;
  /** Of the last outcome that was learned from. */
  readonly seq: number;
  /** Why what was saved cannot be used; null: it can, or there is nothing. */
  readonly warning: string | null;
}

/** As it was saved, or one that knows nothing. */
export function savedRouter(
  raw: Database,
  { experts, routing }: RoutingSettings,
): LearnedRouter {
  const settings = {
    worth: routing.successWorth,
    secondCost: routing.secondCost,
  };
  const { known, ...saved } = restored(
    {
      what: "what was learned of experts",
      nothingKnown: () => new Router(experts, settings),
      restore: (state) =>
        Router.restore(state as RouterSnapshot, experts, settings),
    },
    readLearned(raw, ROUTER, ROUTER_STATE_VERSION),
  );
  return { router: known, ...saved };
}

/** With all that was stored since. */
export function readRouter(
  raw: Database,
  settings: RoutingSettings,
): LearnedRouter {
  const { router, warning, ...saved } = savedRouter(raw, settings);
  const seq = learnAll(saved.seq, routedSlices(raw), (outcome) =>
    learnRouted(router, outcome),
  );
  return { router, seq, warning };
}

export function routedSlices(raw: Database): ReadSlice<RoutedOutcome> {
  const outcomes = new OutcomeLog({ raw });
  const routed = new RoutedOutcomes(raw);
  return (after) => {
    const last = outcomes.last();
    const upTo = Math.max(after, Math.min(last, after + SLICE));
    const seen = routed.between(after, upTo, ROUTER);
    return { seen, seq: upTo, isMore: upTo < last };
  };
}

/** A cancelled task says nothing of its expert; how long a failed one took, nothing of how long it takes. */
export function learnRouted(
  router: Router,
  { state, runMs, cost, choice, reason }: RoutedOutcome,
): void {
  if (state === "cancelled") return;
  const { features = null, after_failure: isAfterFailure = false } = (reason ??
    {}) as Readonly<Record<string, unknown>>;
  const seen = unpackFeatures(features);
  if (seen === null) return;
  const isSuccess = state === "completed";
  router.learn(seen, {
    expert: choice,
    isSuccess,
    isAfterFailure: isAfterFailure === true,
    cost,
    runMs: isSuccess ? runMs : null,
  });
}
