/**
 * Upper bounds of histogram buckets that grow by one factor. Prometheus reckons a quantile as if the
 * values of a bucket were spread evenly in it (`histogram_quantile`), so whatever they are, it is off
 * by less than a bucket's width: with 50 buckets a decade a factor of 1.0471, less than 5 %.
 */

const PER_DECADE = 50;
/** What the rounding moves a bound by is a hundredth of a bucket; the text is half as long. */
const DIGITS = 4;

/** From `from` or just below it up to `to` or just above it; both above 0. */
export function logBounds(from: number, to: number): number[] {
  const first = Math.floor(Math.log10(from) * PER_DECADE);
  const last = Math.ceil(Math.log10(to) * PER_DECADE);
  return Array.from({ length: last - first + 1 }, (_, at) =>
    Number((10 ** ((first + at) / PER_DECADE)).toPrecision(DIGITS)),
  );
}

/**
 * The same with a bucket for 0 alone in front, of which Prometheus then answers exactly 0: most tasks
 * wait for nothing and load nothing.
 */
export const logBoundsFromZero = (from: number, to: number): number[] => [
  0,
  ...logBounds(from, to),
];
