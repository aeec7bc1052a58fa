/** What is remembered of chunks, as JSON and back. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import {
  type GranularityMemory,
  mergeGranularity,
  newGranularityMemory,
} from "./granularity.ts";
import { type ChunkSums, NO_CHUNKS } from "./granularity-sums.ts";

/** At most 512 kinds, about 200 bytes each beside their names. */
export interface GranularitySnapshot {
  readonly version: 1;
  readonly kinds: readonly {
    readonly kind: string;
    readonly atMs: number;
    readonly sums: ChunkSums;
  }[];
}

export const snapshotGranularity = ({
  kinds,
}: GranularityMemory): GranularitySnapshot => ({
  version: 1,
  kinds: [...kinds].map(([kind, { atMs, sums }]) => ({ kind, atMs, sums })),
});

/** Throws INVALID_INPUT for what is no such snapshot, saying where. */
export function restoreGranularity(snapshot: unknown): GranularityMemory {
  const { version, kinds } = fieldsOf(snapshot, "the snapshot");
  if (version !== 1 || !Array.isArray(kinds))
    throw notASnapshot("expected version 1 and a list of kinds");
  const entries = kinds.map((entry: unknown, at) => {
    const where = `kinds[${at}]`;
    const { kind, atMs, sums } = fieldsOf(entry, where);
    if (typeof kind !== "string")
      throw notASnapshot(`${where}.kind is not a text`);
    const known = {
      atMs: numberOf(atMs, `${where}.atMs`),
      sums: sumsOf(sums, `${where}.sums`),
    };
    return [kind, known] as const;
  });
  // Merged, so that one that names too many kinds is cut to those seen last.
  return mergeGranularity(newGranularityMemory(), { kinds: new Map(entries) });
}

function sumsOf(sums: unknown, where: string): ChunkSums {
  const fields = fieldsOf(sums, where);
  const read = { ...NO_CHUNKS } as Record<string, number>;
  for (const name of Object.keys(NO_CHUNKS)) {
    const value = numberOf(fields[name], `${where}.${name}`);
    if (value < 0) throw notASnapshot(`${where}.${name} is below 0`);
    read[name] = value;
  }
  return read as unknown as ChunkSums;
}

function fieldsOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw notASnapshot(`${where} is not an object`);
}

function numberOf(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw notASnapshot(`${where} is not a number`);
}

const notASnapshot = (what: string): BalancerError =>
  new BalancerError(
    "INVALID_INPUT",
    `this is no snapshot of chunk sizes: ${what}`,
    { hint: "Begin with nothing: it is learned again in a few chunks." },
  );
