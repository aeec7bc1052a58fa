/** What is known of a kind's chunks, in lines for people. */

import { count, duration } from "../../flow-balancer/core/figures.ts";
import { nextChunk, UNKNOWN_COSTS } from "./factoring.ts";
import type { GranularityMemory } from "./granularity.ts";
import { costsOf, efficiencyOf, NO_CHUNKS, whole } from "./granularity-sums.ts";

/** With fewer chunks than this their spread is not known. */
const ENOUGH_CHUNKS = 8;

/** Counts have faded, and are rounded down. `example` is a job to tell the first chunk of. */
export function explainGranularity(
  { kinds }: GranularityMemory,
  kind: string,
  example: { readonly items: number; readonly workers: number },
): string[] {
  const sums = kinds.get(kind)?.sums ?? NO_CHUNKS;
  const costs = costsOf(sums);
  const first = count(
    nextChunk(
      { remaining: example.items, free: example.workers, inFlight: [] },
      costs ?? UNKNOWN_COSTS,
    ),
    "item",
  );
  const job = `of ${count(example.items, "item")} on ${count(example.workers, "worker")} the first chunk has ${first}`;
  if (costs === null)
    return [
      `${kind}: no chunk of it has run; chunks are half of each worker's share (factoring)`,
      job,
    ];
  const chunks = whole(sums.chunks);
  return [
    `${kind}: ${count(chunks, "chunk")} of ${count(whole(sums.items), "item")}${chunks < ENOUGH_CHUNKS ? ", not enough to know how they vary" : ""}`,
    `an item takes ${duration(costs.itemMs)} and varies by ${Math.round(costs.spread * 100)} % of that; a chunk's mean by ${Math.round(costs.drift * 100)} % more, however long it is`,
    `each chunk costs ${duration(costs.overheadMs)} beside its items; ${efficiency(efficiencyOf(sums))} of the time was work`,
    job,
  ];
}

const efficiency = (share: number | null): string =>
  share === null ? "none" : `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;
