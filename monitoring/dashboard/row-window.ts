/** Which rows of a long list have to be there for the part of it that is in view. Pure. */

interface WindowInput {
  /** Pixels. */
  readonly scrollTop: number;
  readonly height: number;
  readonly rowPx: number;
  readonly count: number;
  /** Rows kept ready above and below. */
  readonly overscan: number;
}

export interface RowWindow {
  /** The first row that is drawn, and the one after the last. */
  readonly first: number;
  readonly end: number;
}

/** Bounds move in steps of half the overscan, so that a small scroll draws nothing new. */
export function rowWindow(input: WindowInput): RowWindow {
  const { scrollTop, height, rowPx, count, overscan } = input;
  const step = Math.max(1, Math.floor(overscan / 2));
  const top = Math.max(0, Math.floor(scrollTop / rowPx));
  const bottom = Math.ceil((Math.max(0, scrollTop) + height) / rowPx);
  const first = Math.floor(Math.max(0, top - overscan) / step) * step;
  const end = Math.min(count, Math.ceil((bottom + overscan) / step) * step);
  return { first: Math.min(first, Math.max(0, end)), end };
}

/** Where to scroll so that row `index` is in view; the same if it is. */
export function scrollFor(
  index: number,
  {
    scrollTop,
    height,
    rowPx,
  }: Pick<WindowInput, "scrollTop" | "height" | "rowPx">,
): number {
  const top = index * rowPx;
  if (top < scrollTop) return top;
  return top + rowPx > scrollTop + height ? top + rowPx - height : scrollTop;
}
