/** Results of attempts at one task in forms that can be compared: what most of them are, the others are read as. */

import type { SeatResult } from "../../flow-balancer/core/ensemble.ts";
import {
  type CanonicalResult,
  canonicalise,
  type ResultKind,
} from "./canonical-result.ts";
import type { Vote } from "./consensus.ts";
import { guessKind } from "./result-kind.ts";

export interface PanelResult extends SeatResult {
  readonly expert: string;
  readonly result: CanonicalResult;
  /** Equal: they say the same. */
  readonly key: string;
}

export interface Panel {
  /** What most are, or were said to be; null: no kind has most of them, or there is none. */
  readonly kind: ResultKind | null;
  /** In order of completion. */
  readonly results: readonly PanelResult[];
}

export function panelOf(
  results: readonly SeatResult[],
  seats: readonly string[],
  said: ResultKind | null,
): Panel {
  const kind = said ?? mostCommon(results.map(guessed));
  return {
    kind,
    results: results.map((given) => {
      const result = canonical(given, kind ?? guessed(given));
      const expert = seats[given.seat] ?? "";
      return { ...given, expert, result, key: `${result.kind} ${result.key}` };
    }),
  };
}

/** Results come one by one, and can be long: what was made of one is kept as long as it is there. */
const GUESSED = new WeakMap<SeatResult, ResultKind>();
const CANONICAL = new WeakMap<SeatResult, CanonicalAs>();

interface CanonicalAs {
  readonly kind: ResultKind;
  readonly result: CanonicalResult;
}

function guessed(given: SeatResult): ResultKind {
  const kind = GUESSED.get(given) ?? guessKind(given.value);
  GUESSED.set(given, kind);
  return kind;
}

function canonical(given: SeatResult, kind: ResultKind): CanonicalResult {
  const known = CANONICAL.get(given);
  if (known?.kind === kind) return known.result;
  const result = canonicalise(given.value, kind);
  CANONICAL.set(given, { kind, result });
  return result;
}

export const votesOf = (results: readonly PanelResult[]): Vote[] =>
  results.map(({ seat, expert, key }) => ({ place: seat, expert, key }));

/** More than half of them are. */
function mostCommon(kinds: readonly ResultKind[]): ResultKind | null {
  for (const kind of new Set(kinds))
    if (kinds.filter((it) => it === kind).length * 2 > kinds.length)
      return kind;
  return null;
}
