/**
 * What is counted of an expert's runs, and what follows from the counts. Sums only, so that two tallies
 * merge by adding, exactly.
 */

import { BalancerError } from "../../flow-balancer/core/errors.ts";

export interface Tally {
  readonly runs: number;
  readonly successes: number;
  /** Sum of the chances of success that the text alone had promised, each before its outcome was known. */
  readonly promised: number;
  /** Sum of costs, and of how many runs. */
  readonly cost: number;
  readonly costed: number;
  /** Sum of ln(run ms), and of how many runs. */
  readonly logMs: number;
  readonly timed: number;
}

export const NO_RUNS: Tally = {
  runs: 0,
  successes: 0,
  promised: 0,
  cost: 0,
  costed: 0,
  logMs: 0,
  timed: 0,
};

/** Beyond so many runs the past counts half, so that an expert that has changed is seen to have changed. */
const MAX_RUNS = 2_000;
/** How many runs the prior weighs. */
const STRENGTH = 20;
/** Before anything is known of an expert, what all do is worth two runs. */
const FIRST_STRENGTH = 2;

export function sumOf(a: Tally, b: Tally): Tally {
  const sum = {
    runs: a.runs + b.runs,
    successes: a.successes + b.successes,
    promised: a.promised + b.promised,
    cost: a.cost + b.cost,
    costed: a.costed + b.costed,
    logMs: a.logMs + b.logMs,
    timed: a.timed + b.timed,
  };
  return sum.runs > MAX_RUNS ? halved(sum) : sum;
}

const halved = (tally: Tally): Tally => ({
  runs: tally.runs / 2,
  successes: tally.successes / 2,
  promised: tally.promised / 2,
  cost: tally.cost / 2,
  costed: tally.costed / 2,
  logMs: tally.logMs / 2,
  timed: tally.timed / 2,
});

/** As it was kept. Throws INVALID_INPUT for anything else. */
export function restoredTally(kept: Tally): Tally {
  const tally = { ...NO_RUNS };
  for (const name of Object.keys(NO_RUNS) as (keyof Tally)[]) {
    const value: unknown = kept?.[name];
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new BalancerError(
        "INVALID_INPUT",
        `stored runs are damaged: ${name} is ${String(value)}, not a number`,
        { hint: "Learn them again from the outcomes." },
      );
    tally[name] = value;
  }
  return tally;
}

/** Share of successes, shrunk towards `prior`: above 0 and below 1 if the prior is. */
export const successShare = (
  { runs, successes }: Tally,
  prior: number,
  strength: number = FIRST_STRENGTH,
): number => (successes + strength * prior) / (runs + strength);

/**
 * What the outcomes say beyond what the text promised, in log-odds: the observed share and the promised
 * one, both shrunk towards the same prior, so that no runs are worth nothing.
 */
export const residual = (tally: Tally, prior: number): number =>
  logit(successShare(tally, prior, STRENGTH)) -
  logit((tally.promised + STRENGTH * prior) / (tally.runs + STRENGTH));

/** How many runs stand behind a chance of success: those of the type, and what the others lend it. */
export const weightOf = (ofType: Tally, all: Tally): number => {
  const others = Math.max(0, all.runs - ofType.runs);
  return (
    ofType.runs +
    FIRST_STRENGTH +
    ((STRENGTH - FIRST_STRENGTH) * others) / (others + STRENGTH)
  );
};

/** Mean cost of a run: of the type, shrunk towards all of the expert's, and these towards what was configured. */
export const costOf = (
  ofType: Tally,
  all: Tally,
  configured: number,
): number => {
  const usual =
    (all.cost + FIRST_STRENGTH * configured) / (all.costed + FIRST_STRENGTH);
  return (
    (ofType.cost + FIRST_STRENGTH * usual) / (ofType.costed + FIRST_STRENGTH)
  );
};

/** Typical run time, ms: the geometric mean, which is the median where times are log-normal. 0: none was timed. */
export function typicalMs(ofType: Tally, all: Tally): number {
  if (all.timed === 0) return 0;
  const usual = all.logMs / all.timed;
  return Math.exp(
    (ofType.logMs + FIRST_STRENGTH * usual) / (ofType.timed + FIRST_STRENGTH),
  );
}

export const logit = (share: number): number => Math.log(share / (1 - share));

export const chance = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
