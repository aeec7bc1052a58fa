/**
 * Whether the pool takes tasks and can start a worker for them. A worker that is ready is proof enough, as long as the last
 * start did not fail; where there is none, a start is made to see.
 */

import { count } from "../../flow-balancer/core/figures.ts";
import { degraded, failing, ok, type Probes } from "./probe.ts";
import { lengthInWords } from "../length-in-words.ts";

/** Once is an accident; so many in a row, with nobody to work, and no task would be run. */
const FAILED_STARTS = 3;
/** No task should have to wait longer for the next try. */
const LONG_PAUSE_MS = 2_000;

export const POOL_PROBE: Probes<"pool"> = {
  pool(facts) {
    const { ready, starting, maxWorkers, waiting, failedStarts } = facts;
    const { reason, trial } = facts;
    const pauseMs = Number.isFinite(facts.nextStartMs) ? facts.nextStartMs : 0;
    const figures = {
      ready,
      starting,
      max_workers: maxWorkers,
      waiting,
      failed_starts: failedStarts,
      limit_failed_starts: FAILED_STARTS,
      next_start_ms: Math.round(pauseMs),
    };
    if (facts.closing)
      return failing(
        "the server is shutting down and takes no new tasks. Send them to another one",
        figures,
      );
    const advice = "Run 'flow-balancer doctor'";
    if (failedStarts > 0 || pauseMs > LONG_PAUSE_MS) {
      const said = `${count(failedStarts, "start")} of a worker failed in a row (limit ${FAILED_STARTS} with no worker ready)`;
      const next =
        pauseMs > 0 ? `; the next try is in ${lengthInWords(pauseMs)}` : "";
      const detail = `${said}, ${ready} ready${next}: ${reason}. ${advice}`;
      return ready === 0 &&
        (failedStarts >= FAILED_STARTS || pauseMs > LONG_PAUSE_MS)
        ? failing(detail, figures)
        : degraded(detail, figures);
    }
    if (ready > 0)
      return ok(`${ready} of ${maxWorkers} workers are ready`, figures);
    if (trial?.type === "failed")
      return failing(
        `no worker is ready, and one started as a trial failed: ${trial.reason}. ${advice}`,
        figures,
      );
    if (trial?.type === "ready")
      return ok(
        `no worker is running; one started as a trial was ready after ${lengthInWords(trial.startMs)}`,
        { ...figures, trial_start_ms: Math.round(trial.startMs) },
      );
    if (trial?.type === "running")
      return ok(
        `no worker is running; one has been starting as a trial for ${lengthInWords(trial.ms)}`,
        figures,
      );
    return ok(`${count(starting, "worker")} starting, none ready yet`, figures);
  },
};
