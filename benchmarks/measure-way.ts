/** One way of failing, many times in one pool that has other work all the while. */

import type { Effects } from "../flow-balancer/core/task.ts";
import { FaultyPool, type Trial } from "./fault-trial.ts";
import {
  SteadyStream,
  streamFor,
  type StreamFigures,
} from "./steady-stream.ts";
import type { RunOptions } from "./suite.ts";
import type { WayToFail } from "./ways-to-fail.ts";

const PLAN = {
  full: { deaths: 50, hangs: 40, quietMs: 500 },
  quick: { deaths: 2, hangs: 2, quietMs: 100 },
} as const;
/** Of the trials of a way to die: these may be run again, and take three workers each. */
const AGAIN_EVERY = 5;
/** A module that never loads is given up after this; a worker starts in a tenth of it. */
const START_MS = 1_000;

/** All that one way did. */
export interface WayFigures {
  readonly way: WayToFail;
  readonly trials: readonly Trial[];
  readonly faulty: FaultyPool;
  readonly quiet: StreamFigures;
  readonly beside: StreamFigures;
  readonly runs: ReadonlyMap<string, number>;
}

export async function measureWay(
  way: WayToFail,
  { quick }: RunOptions,
): Promise<WayFigures> {
  const plan = PLAN[quick ? "quick" : "full"];
  const faulty = new FaultyPool(START_MS);
  await using own = faulty.own;
  await faulty.open();
  // Until its workers know the other tasks.
  await streamFor(plan.quietMs / 2, (kind, input) => own.submit(kind, input));
  const quiet = await streamFor(plan.quietMs, (kind, input) =>
    own.submit(kind, input),
  );
  const stream = new SteadyStream((kind, input) => own.submit(kind, input));
  const trials: Trial[] = [];
  const serials = Array.from(
    { length: way.type === "hang" ? plan.hangs : plan.deaths },
    (_, at) => at,
  );
  const runTrials = async (): Promise<void> => {
    for (let at = serials.shift(); at !== undefined; at = serials.shift()) {
      const effects: Effects = at % AGAIN_EVERY === 0 ? "idempotent" : "once";
      trials.push(await faulty.trial(way, effects, `trial-${at}`));
      await faulty.replaced();
    }
  };
  await Promise.all(Array.from({ length: way.atOnce }, runTrials));
  await faulty.replaced();
  const beside = await stream.stop();
  return { way, trials, faulty, quiet, beside, runs: faulty.runs() };
}
