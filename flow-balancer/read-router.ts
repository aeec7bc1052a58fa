/** What was learned of experts, from a store that may only be read: what was saved, and the outcomes since. */

import type { Database } from "bun:sqlite";
import type { Config } from "./config.ts";
import { unpackFeatures } from "../orchestrator/routing/packed-features.ts";
import { Router, type RouterSnapshot } from "../orchestrator/routing/router.ts";
import { OutcomeLog } from "./store/outcome-log.ts";
import { readLearned } from "./store/read-learned.ts";
import { type RoutedOutcome, RoutedOutcomes } from "./store/routed-outcomes.ts";

/** The learner's name in the store, and its policy's. */
export const ROUTER = "router";
export const ROUTER_STATE_VERSION = 1;

/** Outcomes read at a time: what is kept of each choice is about 1 kB. */
const SLICE = 2_000;

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
  const { state, seq, warning } = readLearned(
    raw,
    ROUTER,
    ROUTER_STATE_VERSION,
  );
  const settings = {
    worth: routing.successWorth,
    secondCost: routing.secondCost,
  };
  const fresh = (): Router => new Router(experts, settings);
  if (state === null) return { router: fresh(), seq: 0, warning };
  try {
    const router = Router.restore(state as RouterSnapshot, experts, settings);
    return { router, seq, warning };
  } catch (thrown) {
    const why = (thrown as Error).message;
    return {
      router: fresh(),
      seq: 0,
      warning: `what was learned of experts is damaged: ${why}; it is learned again`,
    };
  }
}

/** With all that was stored since. */
export function readRouter(
  raw: Database,
  settings: RoutingSettings,
): LearnedRouter {
  const { router, seq: from, warning } = savedRouter(raw, settings);
  const last = new OutcomeLog({ raw }).last();
  const routed = new RoutedOutcomes(raw);
  let seq = from;
  while (seq < last) {
    const upTo = Math.min(last, seq + SLICE);
    for (const outcome of routed.between(seq, upTo, ROUTER))
      learnRouted(router, outcome);
    seq = upTo;
  }
  return { router, seq, warning };
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
