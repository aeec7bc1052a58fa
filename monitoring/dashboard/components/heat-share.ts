/** How near a length is to the limit it runs against: the shade of a cell of the heat table, and its words. */

/** From far below the limit to beyond it. */
export const HEAT_LEVELS = [
  { level: 0, from: 0, words: "under a quarter of the limit" },
  { level: 1, from: 0.25, words: "a quarter to a half" },
  { level: 2, from: 0.5, words: "a half to four fifths" },
  { level: 3, from: 0.8, words: "near the limit" },
  { level: 4, from: 1, words: "at the limit or over it" },
] as const;

export interface Heat {
  /** 1: exactly the limit. */
  readonly share: number;
  readonly level: 0 | 1 | 2 | 3 | 4;
  readonly words: string;
}

/** Null: the length, or the limit, is not known. A limit of 0 is over for every length. */
export function heatOf(
  valueMs: number | null,
  limitMs: number | null,
): Heat | null {
  if (valueMs === null || limitMs === null) return null;
  const share = limitMs > 0 ? valueMs / limitMs : Number.POSITIVE_INFINITY;
  const { level, words } =
    HEAT_LEVELS.findLast(({ from }) => share >= from) ?? HEAT_LEVELS[0];
  return { share, level, words };
}
