/** What is kept of a choice, for whoever asks later why a task ran where it did. */

import type { Decision, Timing } from "../core/task.ts";
import type { Choice } from "./choice.ts";
import type { WorkerView } from "./worker-view.ts";

/** Null where nothing was chosen, or nothing foretold. */
export function decisionOf(
  choice: Choice<WorkerView> | null,
  predicted: Timing | null,
): Decision | null {
  if (choice === null || predicted === null) return null;
  const { way, instead, insteadMs, priceMs } = choice;
  return {
    way,
    predicted,
    instead,
    insteadMs: finiteOrNull(insteadMs),
    priceMs: finiteOrNull(priceMs),
  };
}

const finiteOrNull = (ms: number): number | null =>
  Number.isFinite(ms) ? ms : null;
