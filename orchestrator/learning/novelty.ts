/** What a result adds to those that were there before it, 0..1. Order of completion matters: the later of two equal ones adds nothing. */

import type { CanonicalResult } from "./canonical-result.ts";
import { type Rung, sameness } from "./similarity.ts";

export interface Novelty {
  /** Share of items no earlier set has (of a set), else 1 minus how far it is the same as the nearest earlier one. */
  readonly novelty: number;
  /** The nearest earlier result, and what told so; null for the first. */
  readonly nearest: { readonly at: number; readonly rung: Rung } | null;
}

/** A result is held against so many different ones before it, the last ones; an equal one is found among all. */
const MAX_COMPARED = 200;

interface Earlier {
  readonly at: number;
  readonly result: CanonicalResult;
}

/** One of each, in order. The first is new. */
export function novelties(results: readonly CanonicalResult[]): Novelty[] {
  const byKey = new Map<string, number>();
  const different: Earlier[] = [];
  const items = new Set<string>();
  return results.map((result, at) => {
    const name = `${result.kind} ${result.key}`;
    const equal = byKey.get(name);
    if (equal !== undefined)
      return { novelty: 0, nearest: { at: equal, rung: "equal" } };
    byKey.set(name, at);
    const found = noveltyAfter(result, different.slice(-MAX_COMPARED), items);
    different.push({ at, result });
    if (result.kind === "set")
      for (const item of result.items ?? []) items.add(item);
    return found;
  });
}

function noveltyAfter(
  result: CanonicalResult,
  earlier: readonly Earlier[],
  items: ReadonlySet<string>,
): Novelty {
  let most = -1;
  let nearest: Novelty["nearest"] = null;
  for (const { at, result: other } of earlier) {
    const { same, rung } = sameness(result, other);
    if (same <= most) continue;
    most = same;
    nearest = { at, rung };
  }
  if (nearest === null) return { novelty: 1, nearest };
  const isSet =
    result.kind === "set" && earlier.some((it) => it.result.kind === "set");
  const novelty = 1 - most;
  return {
    novelty: isSet ? Math.min(novelty, shareOfNew(result, items)) : novelty,
    nearest,
  };
}

/** An empty set adds nothing. */
function shareOfNew(
  { items = [] }: CanonicalResult,
  known: ReadonlySet<string>,
): number {
  if (items.length === 0) return 0;
  return items.filter((item) => !known.has(item)).length / items.length;
}
