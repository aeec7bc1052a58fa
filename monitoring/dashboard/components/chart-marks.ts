/** Where the labels of a chart's change markers stand: each beside its line, none over another. */

export interface Mark {
  /** Epoch ms. */
  readonly at: number;
  readonly label: string;
}

export interface PlacedMark {
  readonly label: string;
  /** Of the line. */
  readonly x: number;
  /** Whether there is room for the label; without it only the line is drawn. */
  readonly labelled: boolean;
  readonly side: "left" | "right";
}

/** Between a line and its label. */
const GAP = 4;

/**
 * All lengths in the same unit, `left` and `width` those of the plot. A newer mark takes precedence over an
 * older one, and marks outside `from..to` (epoch ms) are left out. Newest first.
 */
export function placeMarks(
  marks: readonly Mark[],
  { from, to, left, width }: MarkRange,
  widthOf: (label: string) => number,
): readonly PlacedMark[] {
  if (to <= from) return [];
  const taken: { from: number; to: number }[] = [];
  const right = left + width;
  const fits = (start: number, end: number): boolean =>
    start >= left &&
    end <= right &&
    taken.every((it) => end < it.from || start > it.to);
  return [...marks]
    .filter(({ at }) => at >= from && at <= to)
    .sort((a, b) => b.at - a.at)
    .map(({ at, label }) => {
      const x = left + ((at - from) / (to - from)) * width;
      const long = widthOf(label) + 2 * GAP;
      const side = fits(x, x + long) ? "right" : "left";
      const start = side === "right" ? x : x - long;
      const labelled = fits(start, start + long);
      if (labelled) taken.push({ from: start, to: start + long });
      return { label, x, labelled, side };
    });
}

export interface MarkRange {
  readonly from: number;
  readonly to: number;
  readonly left: number;
  readonly width: number;
}

/** The mark that belongs to the point `index` of the times `at`: nearer to it than to any other point. Null: there is none. */
export function markNear(
  marks: readonly Mark[],
  at: readonly number[],
  index: number,
): Mark | null {
  const here = at[index];
  if (here === undefined) return null;
  const from = (here + (at[index - 1] ?? here)) / 2;
  const to = (here + (at[index + 1] ?? here)) / 2;
  return marks.find((mark) => mark.at >= from && mark.at <= to) ?? null;
}
