/** A choice in words, for a person who asks why. Made only when asked: most are never read. */

import type { Way } from "../core/task.ts";
import type { Choice } from "./choice.ts";
import type { WorkerView } from "./worker-view.ts";

const WAYS: Readonly<Record<Way, string>> = {
  own_idle: "an idle worker of its session",
  loaded_idle: "an idle worker that has the kind loaded",
  bare_idle: "an idle worker that must load the kind",
  free_lane: "a free lane of a worker that runs the kind",
  own_busy: "the busy worker of its session",
  other_busy: "a busy worker that will be free",
  starting: "a worker that is starting",
  spawn: "a new worker",
  nothing: "none that could take it",
};

export function explainChoice(choice: Choice<WorkerView>): string {
  const { way, predicted, instead, insteadMs, priceMs } = choice;
  if (way === "nothing")
    return choice.type === "replace"
      ? "all workers belong to other sessions or kinds; an idle one makes room"
      : "no worker may take it, and there is no room for one more";
  const { waitMs, startMs, runMs } = predicted;
  const totalMs = waitMs + startMs + runMs;
  const what =
    choice.type === "replace"
      ? `an idle worker of others makes room: sooner than ${WAYS[way]}`
      : WAYS[way];
  const price =
    priceMs === Number.POSITIVE_INFINITY
      ? "; its session stays on its worker"
      : priceMs > 0
        ? `; leaving its session's worker is priced at ${round(priceMs)} ms`
        : "";
  const other =
    instead === null || insteadMs === Number.POSITIVE_INFINITY
      ? ""
      : `; next best, ${WAYS[instead]}: ${round(insteadMs)} ms`;
  return `${what}: ${round(totalMs)} ms expected (wait ${round(waitMs)}, start ${round(startMs)}, run ${round(runMs)})${other}${price}`;
}

const round = (ms: number): number =>
  ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms);
