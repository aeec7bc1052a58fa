/**
 * How long the calls of one client waited, and after how long it gave them up: for each step of time how
 * many calls waited so long, and how many of them were given up in it. A wait that was answered is
 * censored there: it says that the client waits so long, and nothing of what comes later (the estimator
 * of Kaplan and Meier 1958, in steps). Pure.
 */

/** Where the first step begins, ms: no handle could be there much sooner. */
const FIRST_MS = 500;
/** Each step is so much longer than the one before. */
const GROWTH = 1.05;
/** Up to about an hour; what is longer counts as that. */
export const STEPS = 183;
/** Calls that waited up to a step that it remembers: with more, the older ones count half. */
const MEMORY = 64;

/** A client's limit is one number, but is measured here, and its clock began with the sending: give-ups of three steps (16 %) may be of one limit. */
const SPREAD = 3;
/** Fewer may be a person's change of mind. */
export const ENOUGH = 3;
/** Of the calls that wait so long: a handle costs one more call, a call that is given up costs all its work. */
const SHARE = 0.25;

/** Of at most `STEPS` each; `gaveUp[i] <= reached[i]`. */
export interface ClientWaits {
  readonly reached: readonly number[];
  readonly gaveUp: readonly number[];
}

export const NO_WAITS: ClientWaits = { reached: [], gaveUp: [] };

/** A limit that a client turned out to have. */
export interface GivingUp {
  /** No call was given up so soon, ms. */
  readonly fromMs: number;
  /** None of them later, ms. */
  readonly toMs: number;
  readonly gaveUp: number;
  /** Calls that waited so long, those among them. */
  readonly reached: number;
}

const startOf = (step: number): number => FIRST_MS * GROWTH ** step;

/** -1 for what is too short to count. */
const stepOf = (ms: number): number =>
  Math.min(
    STEPS - 1,
    Math.max(-1, Math.floor(Math.log(ms / FIRST_MS) / Math.log(GROWTH))),
  );

/** After one more call. The same object for what is too short to say anything. */
export function withWait(
  { reached, gaveUp }: ClientWaits,
  waitedMs: number,
  isGivenUp: boolean,
): ClientWaits {
  const last = waitedMs > 0 ? stepOf(waitedMs) : -1;
  if (last < 0) return { reached, gaveUp };
  const one: ClientWaits = {
    reached: Array.from({ length: last + 1 }, () => 1),
    gaveUp: Array.from({ length: last + 1 }, (_, step) =>
      isGivenUp && step === last ? 1 : 0,
    ),
  };
  return bothWaits({ reached, gaveUp }, one);
}

/** As if one had seen both; exactly so as long as nothing is old. */
export function bothWaits(a: ClientWaits, b: ClientWaits): ClientWaits {
  const length = Math.max(a.reached.length, b.reached.length);
  const reached: number[] = [];
  const gaveUp: number[] = [];
  for (let step = 0; step < length; step++) {
    const all = (a.reached[step] ?? 0) + (b.reached[step] ?? 0);
    const given = (a.gaveUp[step] ?? 0) + (b.gaveUp[step] ?? 0);
    const kept = all > MEMORY ? 0.5 : 1;
    reached.push(all * kept);
    gaveUp.push(given * kept);
  }
  return { reached, gaveUp };
}

/** The soonest limit there is enough evidence of; null: none. */
export function givingUp({ reached, gaveUp }: ClientWaits): GivingUp | null {
  for (let step = 0; step < reached.length; step++) {
    if (gaveUp[step] === 0) continue;
    const found = gaveUp
      .slice(step, step + SPREAD)
      .reduce((sum, count) => sum + count, 0);
    const all = reached[step] ?? 0;
    if (found >= ENOUGH && found >= SHARE * all)
      return {
        fromMs: startOf(step),
        toMs: startOf(step + SPREAD),
        gaveUp: found,
        reached: all,
      };
  }
  return null;
}

export const giveUps = ({ gaveUp }: ClientWaits): number =>
  gaveUp.reduce((sum, count) => sum + count, 0);
