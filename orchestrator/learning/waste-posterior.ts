/**
 * How sure it is that a share lies above a threshold, after so many of each were seen: the upper tail
 * of a Beta distribution with a flat prior.
 */

/** Sums over runs of several experts; fractions, where old runs weigh less. */
export interface Tally {
  /** The others gained nothing. */
  readonly idle: number;
  readonly gained: number;
}

/** Of Beta(1 + idle, 1 + gained): the share of runs in which the others gained nothing. */
export const meanIdle = ({ idle, gained }: Tally): number =>
  (1 + idle) / (2 + idle + gained);

/** P(share of idle runs > threshold), threshold in [0,1]. */
export function sureAbove({ idle, gained }: Tally, threshold: number): number {
  if (threshold <= 0) return 1;
  if (threshold >= 1) return 0;
  const [a, b] = [1 + idle, 1 + gained];
  const front = Math.exp(
    logGamma(a + b) -
      logGamma(a) -
      logGamma(b) +
      a * Math.log(threshold) +
      b * Math.log1p(-threshold),
  );
  // The continued fraction converges fast on its own side of the mean only.
  return threshold < (a + 1) / (a + b + 2)
    ? 1 - (front * continuedFraction(a, b, threshold)) / a
    : (front * continuedFraction(b, a, 1 - threshold)) / b;
}

/** Of the incomplete beta function, by Lentz's method (DLMF 8.17.22). */
function continuedFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300;
  const atLeastTiny = (value: number): number =>
    Math.abs(value) < tiny ? tiny : value;
  let c = 1;
  let d = 1 / atLeastTiny(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= 500; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 / atLeastTiny(1 + term * d);
      c = atLeastTiny(1 + term / c);
      step = c * d;
      value *= step;
    }
    if (Math.abs(step - 1) < 1e-12) break;
  }
  return value;
}

/** Stirling's series, after moving the argument up to where it is exact to 1e-13 (DLMF 5.11.1). */
function logGamma(of: number): number {
  let shift = 0;
  let x = of;
  for (; x < 12; x++) shift -= Math.log(x);
  const inverse = 1 / x;
  const square = inverse * inverse;
  return (
    shift +
    (x - 0.5) * Math.log(x) -
    x +
    Math.log(2 * Math.PI) / 2 +
    inverse *
      (1 / 12 - square * (1 / 360 - square * (1 / 1_260 - square / 1_680)))
  );
}
