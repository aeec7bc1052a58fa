/** A row of bars, one cell each: the highest is the largest value, and what is more than nothing is seen. */

const BARS = "▁▂▃▄▅▆▇█";

/** Of nothing but zeros, spaces. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(0, ...values);
  return values
    .map((value) =>
      value <= 0
        ? " "
        : (BARS[
            Math.min(
              BARS.length - 1,
              Math.ceil((value / most) * BARS.length) - 1,
            )
          ] ?? " "),
    )
    .join("");
}

/** How many of `times` fall into each of `cells` parts of the `windowMs` before `now`, the earliest part first. */
export function perCell(
  times: readonly number[],
  now: number,
  windowMs: number,
  cells: number,
): number[] {
  const counts = Array.from({ length: cells }, () => 0);
  const start = now - windowMs;
  for (const at of times) {
    const cell = Math.floor(((at - start) / windowMs) * cells);
    // What ended in this very millisecond is of the last part.
    const index = at === now ? cells - 1 : cell;
    if (index >= 0 && index < cells) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}
