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
  const kind = said ?? mostCommon(results.map(({ value }) => guessKind(value)));
  return {
    kind,
    results: results.map((given) => {
      const result =
        kind === null
          ? canonicalise(given.value)
          : canonicalise(given.value, kind);
      const expert = seats[given.seat] ?? "";
      return { ...given, expert, result, key: `${result.kind} ${result.key}` };
    }),
  };
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
