/** Which tiers a worker takes a place in, now and by what it is given: pure, from what the choice sees of it. */

import { TIERS, type Tier } from "../core/tier.ts";
import type { WorkerView } from "./worker-view.ts";

/** As `WorkerFacts.tier`. */
export function tierNow({
  session,
  loaded,
}: Pick<WorkerView, "session" | "loaded">): Tier {
  if (session !== null) return "hot";
  return loaded.size > 0 ? "warm" : "cold";
}

/** Those it comes through with a task of the session (null: of none), the last one at the end; it may be there already. */
export function placesWith(
  worker: Pick<WorkerView, "holdsMemory" | "loaded">,
  session: string | null,
): readonly Tier[] {
  if (session !== null || worker.holdsMemory) return ["hot"];
  return worker.loaded.size > 0 ? ["warm"] : ["cold", "warm"];
}

/** None once it goes; while it is busy also those its task brings it to. */
export function placesOf(worker: WorkerView): readonly Tier[] {
  const { state } = worker;
  if (state === "retiring" || state === "dead") return [];
  if (state === "starting") return ["cold"];
  const now = tierNow(worker);
  if (state === "idle") return [now];
  return [...new Set([now, ...placesWith(worker, worker.serving)])];
}

export type PlaceCounts = Record<Tier, number>;

export function countPlaces(workers: Iterable<WorkerView>): PlaceCounts {
  const counts = Object.fromEntries(TIERS.map((tier) => [tier, 0]));
  for (const worker of workers)
    for (const tier of placesOf(worker)) counts[tier] = (counts[tier] ?? 0) + 1;
  return counts as PlaceCounts;
}
