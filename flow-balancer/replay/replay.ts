/**
 * `flow-balancer replay <what>`: a learner on a recorded trace, beside the simple rule. Each replay
 * is a file that is loaded only when it is asked for.
 */

import { BalancerError } from "../core/errors.ts";
import { didYouMean } from "../core/nearest-name.ts";
import { quoted } from "../core/quoted.ts";
import type { ReplayReport } from "./replay-report.ts";

/** Reads the trace and replays it. Throws a BalancerError for a file that is not such a trace. */
type Replay = (trace: string) => Promise<ReplayReport>;

const REPLAYS: Readonly<Record<string, () => Promise<Replay>>> = {
  aggregation: async () => (await import("./aggregation.ts")).aggregation,
  granularity: async () => (await import("./granularity.ts")).granularity,
  router: async () => (await import("./router.ts")).router,
  tiers: async () => (await import("./tiers.ts")).tiers,
  timeouts: async () => (await import("./timeouts.ts")).timeouts,
  waste: async () => (await import("./waste.ts")).waste,
};

/** What goes to stdout. Throws INVALID_ARGUMENT for a replay there is not. */
export async function replay(
  what: string,
  { trace, json }: { readonly trace: string; readonly json: boolean },
): Promise<string> {
  const names = Object.keys(REPLAYS);
  const load = Object.hasOwn(REPLAYS, what) ? REPLAYS[what] : undefined;
  if (load === undefined)
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `there is no replay ${quoted(what)}${didYouMean(what, names)}`,
      { hint: `What can be replayed: ${names.join(", ")}.` },
    );
  const run = await load();
  const report = await run(trace);
  return json
    ? JSON.stringify({ schema: 1, replay: what, ...report.json })
    : report.text;
}
