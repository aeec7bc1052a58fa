/**
 * Experts asked one after the other until a check is content. With the chances given, the order that costs
 * least for what it gains is by chance of success per cost (sequential testing: Mitten 1960); who isn't
 * worth its cost once others have failed isn't asked.
 */

import type { Estimate } from "./router-odds.ts";

/** What of an expert counts here. */
export interface Candidate {
  /** Chance that it does the task well; and that it does where another had failed. */
  readonly success: number;
  readonly afterFailure: number;
  /** Of a call, the wait included, in units of cost. */
  readonly price: number;
  /** How many runs stand behind the chances. */
  readonly weight: number;
}

/** Those that are worth their price after the first has failed, cheapest useful first. */
export const askedNext = <It extends Candidate>(
  rest: readonly It[],
  worth: number,
): It[] =>
  rest
    .filter(({ afterFailure, price }) => afterFailure * worth > price)
    .sort(
      (a, b) =>
        density(b) - density(a) ||
        a.price - b.price ||
        b.afterFailure - a.afterFailure,
    );

const density = ({ afterFailure, price }: Candidate): number =>
  afterFailure / Math.max(price, Number.MIN_VALUE);

/** Of asking `first`, and then those of `all` who are worth it; `all` empty: it alone. */
export function valueOf(
  first: Candidate,
  all: readonly Candidate[],
  worth: number,
): Estimate {
  const { success, price, weight } = first;
  let rest = 0;
  let failed = 1;
  for (const it of askedNext(
    all.filter((other) => other !== first),
    worth,
  )) {
    rest += failed * (it.afterFailure * worth - it.price);
    failed *= 1 - it.afterFailure;
  }
  return {
    mean: success * worth - price + (1 - success) * rest,
    deviation:
      Math.sqrt((success * (1 - success)) / (weight + 1)) * (worth - rest),
  };
}
