/** Of jobs that waited for longer than their deadline allows. */

import { wireError, type WireError } from "../core/errors.ts";
import type { Job } from "./job.ts";

/** When it has to be done, on the clock of `env.mono()`; Infinity: whenever. */
export const deadlineOf = ({ enqueuedAt, task }: Job): number =>
  enqueuedAt + (task.deadlineMs ?? Number.POSITIVE_INFINITY);

export const deadlinePassed = (job: Job, now: number): WireError =>
  wireError(
    "DEADLINE_PASSED",
    `its deadline of ${job.task.deadlineMs} ms could not be met any more after a wait of ${Math.round(now - job.enqueuedAt)} ms; ${job.deaths > 0 ? "its worker died under it" : "it never started"}`,
    "Submit it again, with a longer deadline_ms if it is still wanted.",
  );
