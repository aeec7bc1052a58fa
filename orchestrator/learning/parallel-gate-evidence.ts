/** What runs of several experts showed of a kind of task, in a few numbers that add up; as JSON and back. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { CanonicalResult } from "./canonical-result.ts";
import { jaccard } from "./shingles.ts";
import type { WasteOfRun } from "./waste.ts";
import type { Tally } from "./waste-posterior.ts";

/** A run of one task by several experts, as it ended. */
export interface ParallelRun {
  /** How many ran, those that failed included. */
  readonly experts: number;
  /** What the one expert who would have run alone brought; null: it failed. */
  readonly alone: CanonicalResult | null;
  /** What was accepted in the end; null: nothing. */
  readonly accepted: CanonicalResult | null;
  /** What a check said of both; null where nothing checked them. */
  readonly right: {
    readonly alone: boolean;
    readonly accepted: boolean;
  } | null;
  /** Of all results that came. */
  readonly waste: WasteOfRun;
}

/** What is kept of a kind: sums over runs, older ones faded. */
export interface KindEvidence extends Tally {
  /** A check found the accepted result wrong, and what the one brought right. */
  readonly harmed: number;
  /** Runs of several experts in all, never faded. */
  readonly runs: number;
  /** Of runs with two results or more: how many, and the sum of their waste. */
  readonly compared: number;
  readonly wasted: number;
  readonly single: boolean;
}

export const NO_EVIDENCE: KindEvidence = {
  idle: 0,
  gained: 0,
  harmed: 0,
  runs: 0,
  compared: 0,
  wasted: 0,
  single: false,
};

/** At most 4,096 kinds, some 100 bytes each beside their names; last those seen last. */
export interface GateSnapshot {
  readonly version: 1;
  readonly kinds: readonly ({ readonly kind: string } & KindEvidence)[];
}

/**
 * 0..1: what the others gained. Where both results were checked, whether a wrong one became right. Else any
 * change counts: of two sets, 1 minus the Jaccard index of their items; of everything else, whether it differs.
 */
export function gainOf({ alone, accepted, right }: ParallelRun): number {
  if (right !== null) return right.accepted && !right.alone ? 1 : 0;
  if (alone === null || accepted === null) return alone === accepted ? 0 : 1;
  if (alone.kind === "set" && accepted.kind === "set")
    return 1 - jaccard(alone.items ?? [], accepted.items ?? []);
  return alone.kind === accepted.kind && alone.key === accepted.key ? 0 : 1;
}

/** With one run more; what was before weighs as `memory` - 1 runs at most. */
export function withRun(
  before: KindEvidence,
  run: ParallelRun,
  memory: number,
): KindEvidence {
  const weight = before.idle + before.gained;
  const fade = weight > memory - 1 ? (memory - 1) / weight : 1;
  const gain = gainOf(run);
  const { waste, right } = run;
  const isHarm = right !== null && right.alone && !right.accepted;
  return {
    idle: before.idle * fade + (1 - gain),
    gained: before.gained * fade + gain,
    harmed: before.harmed * fade + (isHarm ? 1 : 0),
    runs: before.runs + 1,
    compared: before.compared * fade + (waste.compared ? 1 : 0),
    wasted: before.wasted * fade + (waste.compared ? waste.waste : 0),
    single: before.single,
  };
}

/** Share of runs in which the others did harm. */
export const harmedShare = ({ idle, gained, harmed }: KindEvidence): number =>
  harmed / Math.max(1, idle + gained);

/** What both saw: sums, so in any order. One expert is enough where it was for either. */
export const bothOf = (a: KindEvidence, b: KindEvidence): KindEvidence => ({
  idle: a.idle + b.idle,
  gained: a.gained + b.gained,
  harmed: a.harmed + b.harmed,
  runs: a.runs + b.runs,
  compared: a.compared + b.compared,
  wasted: a.wasted + b.wasted,
  single: a.single || b.single,
});

/** Throws INVALID_INPUT for what is no such snapshot, saying where. */
export function readGateSnapshot(
  snapshot: unknown,
): (readonly [kind: string, KindEvidence])[] {
  const { version, kinds } = fieldsOf(snapshot, "the snapshot");
  if (version !== 1 || !Array.isArray(kinds))
    throw notASnapshot("expected version 1 and a list of kinds");
  return kinds.map((entry: unknown, at) => {
    const where = `kinds[${at}]`;
    const { kind, single, ...sums } = fieldsOf(entry, where);
    if (typeof kind !== "string")
      throw notASnapshot(`${where}.kind is not a text`);
    if (typeof single !== "boolean")
      throw notASnapshot(`${where}.single is neither true nor false`);
    const sum = (name: string): number => sumOf(sums[name], `${where}.${name}`);
    return [
      kind,
      {
        idle: sum("idle"),
        gained: sum("gained"),
        harmed: sum("harmed"),
        runs: sum("runs"),
        compared: sum("compared"),
        wasted: sum("wasted"),
        single,
      },
    ] as const;
  });
}

function fieldsOf(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw notASnapshot(`${where} is not an object`);
}

function sumOf(value: unknown, where: string): number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return value;
  throw notASnapshot(`${where} is not a number from 0`);
}

const notASnapshot = (what: string): BalancerError =>
  new BalancerError(
    "INVALID_INPUT",
    `this is no snapshot of the parallel gate: ${what}`,
    { hint: "Begin with nothing: it is learned again in some 20 runs a kind." },
  );
