/** What the settings let the server learn of single runs, and what the dispatcher is handed of it. */

import type { Config } from "./config.ts";
import { deadlineOptions } from "./config/deadline-options.ts";
import { DeadlineDesk } from "./deadline-desk.ts";
import type { DispatcherOptions } from "./dispatcher-options.ts";
import { Hedging } from "./hedging.ts";
import type { MultiTierPoolManager } from "./pool/multi-tier-pool-manager.ts";
import { RoutingDesk } from "./routing-desk.ts";
import type { Base, Parts } from "./running-engine.ts";

type Learners = Pick<Parts, "deadlines" | "routing">;

/** Null: a person wants limits fixed; there are no experts. */
export const learners = (config: Config, base: Base): Learners => ({
  deadlines:
    config.learning.deadlines === "fixed"
      ? null
      : new DeadlineDesk({
          ...base,
          options: deadlineOptions(config.learning, config.tasks),
        }),
  routing:
    config.experts.length === 0
      ? null
      : new RoutingDesk({ ...base, settings: config }),
});

/** How long runs may take, and when a second one is worth it. Nothing where limits are fixed. */
export function runPorts(
  { learning }: Pick<Config, "learning">,
  { env, log }: Base,
  pool: MultiTierPoolManager,
  { deadlines }: Pick<Learners, "deadlines">,
): Pick<DispatcherOptions, "limitFor" | "hedging"> {
  if (deadlines === null) return {};
  const limits = {
    limitFor: (kind: string, bucket: string) =>
      deadlines.limitFor(kind, bucket),
  };
  if (learning.hedge === "off") return limits;
  const afterMs = (kind: string, bucket: string): number | null =>
    deadlines.hedgeAfterMs(kind, bucket);
  return { ...limits, hedging: new Hedging({ env, pool, log, afterMs }) };
}
