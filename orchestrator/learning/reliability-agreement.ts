/**
 * How far each expert is to be trusted where nobody checks: from how often each two of them agree. In
 * the one-coin model of Dawid and Skene (1979), i and j agree as often as both are right or both make the
 * same mistake: p_i p_j + (1-p_i)(1-p_j)c; the p that fit all pairs best are found by least squares.
 * Needs three experts who answered the same tasks. What it can't see: experts who err alike (copies of
 * one another, one hard task misread by all) look reliable. Counts of pairs, so merge(a, b) is learning both.
 * At most 256 types of 64 experts: beyond, the type of the fewest tasks is forgotten.
 */

import type { Belief, Vote } from "./consensus.ts";
import { forgetRarest } from "./forget-rarest.ts";
import { PRIOR_STRENGTH } from "./reliability.ts";
import { MAX_EXPERTS, type Tally } from "./reliability-counts.ts";
import { hash32 } from "./similarity-hash.ts";

/** Answers told apart a type: with fewer there are few to choose from, and wrong ones coincide more. */
const MAX_ANSWERS = 16;
const MAX_TYPES = 256;
const MIN_EXPERTS = 3;
const PRIOR_RATE = 0.5;
/** Where the search begins: most are right more often than not. Of the two ways to explain who agrees, it finds that one. */
const START_RATE = 0.7;
/** No agreement is proof. */
const LEAST_RATE = 0.05;
const SWEEPS = 20;

interface TypePairs {
  /** By expert, by other expert: of the tasks both answered (`n`), those where they agreed (`right`). */
  readonly pairs: Map<string, Map<string, Tally>>;
  /** Hashes, for what was answered is nobody's to keep: the first MAX_ANSWERS in their order of all different ones, so that it doesn't matter which came first. */
  readonly answers: Set<string>;
}

export interface AgreementSnapshot {
  /** Type, hashes of answers seen, [expert, other expert, agreed, both answered]. */
  readonly types: readonly (readonly [
    string,
    readonly string[],
    readonly (readonly [string, string, number, number])[],
  ])[];
}

export class Agreement {
  readonly #types = new Map<string, TypePairs>();

  constructor(snapshot: AgreementSnapshot = { types: [] }) {
    this.merge(snapshot);
  }

  /** All answers to one task. Attempts of one expert say nothing of each other. */
  learn(type: string, votes: readonly Vote[]): void {
    const own = this.#own(type);
    for (const { key } of votes) addAnswer(own, hash32(key).toString(36));
    for (const [at, one] of votes.entries())
      for (const other of votes.slice(0, at))
        if (one.expert !== other.expert)
          addPair(own, one.expert, other.expert, {
            right: Number(one.key === other.key),
            n: 1,
          });
  }

  /** For the decision at hand: ask anew once more was learned. */
  belief(type: string): Belief {
    const own = this.#types.get(type);
    const collision = 1 / (Math.max(2, own?.answers.size ?? MAX_ANSWERS) - 1);
    const rates = own === undefined ? null : ratesOf(own, collision);
    return {
      rateOf: (expert) => rates?.get(expert) ?? PRIOR_RATE,
      runsOf: (expert) => runsOf(own, expert),
      collision,
      groupsOf: () => null,
    };
  }

  /** Takes in what another instance learned. */
  merge({ types }: AgreementSnapshot): void {
    for (const [type, answers, pairs] of types) {
      const own = this.#own(type);
      for (const answer of answers) addAnswer(own, answer);
      for (const [one, other, right, n] of pairs)
        addPair(own, one, other, { right, n });
    }
  }

  snapshot(): AgreementSnapshot {
    return {
      types: [...this.#types]
        .map(
          ([type, { pairs, answers }]) =>
            [type, [...answers].sort(), pairsOnce(pairs)] as const,
        )
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    };
  }

  /** A line an expert, best first. */
  explain(type: string): string[] {
    const own = this.#types.get(type);
    if (own === undefined || own.pairs.size < MIN_EXPERTS)
      return [
        `fewer than ${MIN_EXPERTS} experts answered the same tasks of type ${type}: agreement says nothing, every expert counts alike`,
      ];
    const { rateOf, runsOf: runs } = this.belief(type);
    return [...own.pairs.keys()]
      .sort((a, b) => rateOf(b) - rateOf(a) || (a < b ? -1 : 1))
      .map((expert) => {
        const n = runs(expert);
        const thin = n < PRIOR_STRENGTH ? `; ${n} tasks, not enough` : "";
        return `${expert}: taken as ${rateOf(expert).toFixed(2)} from agreement on ${n} tasks, unchecked${thin}`;
      });
  }

  #own(type: string): TypePairs {
    const own = this.#types.get(type);
    if (own !== undefined) return own;
    forgetRarest(this.#types, MAX_TYPES, ({ pairs }) =>
      [...pairs.values()].reduce((sum, row) => sum + tasksIn(row), 0),
    );
    const fresh = { pairs: new Map(), answers: new Set<string>() };
    this.#types.set(type, fresh);
    return fresh;
  }
}

function addAnswer({ answers }: TypePairs, key: string): void {
  answers.add(key);
  if (answers.size <= MAX_ANSWERS) return;
  answers.delete([...answers].reduce((a, b) => (a > b ? a : b)));
}

function addPair(
  { pairs }: TypePairs,
  one: string,
  other: string,
  { right, n }: Tally,
): void {
  const fresh = [one, other].filter((expert) => !pairs.has(expert)).length;
  if (pairs.size + fresh > MAX_EXPERTS) return;
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    const row = pairs.get(from) ?? new Map<string, Tally>();
    pairs.set(from, row);
    const tally = row.get(to) ?? { right: 0, n: 0 };
    row.set(to, { right: tally.right + right, n: tally.n + n });
  }
}

const tasksIn = (row: ReadonlyMap<string, Tally>): number =>
  [...row.values()].reduce((sum, { n }) => sum + n, 0);

/** Tasks that the expert answered together with the one it answered most with. */
function runsOf(own: TypePairs | undefined, expert: string): number {
  let most = 0;
  for (const { n } of own?.pairs.get(expert)?.values() ?? [])
    most = Math.max(most, n);
  return most;
}

/**
 * Alternating least squares: with all others fixed, the agreements are linear in p_i, so that each
 * sweep solves for one expert after the other (Gauss-Seidel), in order of name. The prior is worth
 * PRIOR_STRENGTH tasks with an expert of rate 1/2.
 */
function ratesOf({ pairs }: TypePairs, collision: number): Map<string, number> {
  const names = [...pairs.keys()].sort();
  if (names.length < MIN_EXPERTS) return new Map();
  const rates = new Map(names.map((name) => [name, START_RATE]));
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const name of names) {
      let fit = (PRIOR_STRENGTH / 4) * PRIOR_RATE;
      let weight = PRIOR_STRENGTH / 4;
      for (const [other, { right, n }] of pairs.get(name) ?? []) {
        const rate = rates.get(other) ?? START_RATE;
        const chance = (1 - rate) * collision;
        const slope = rate - chance;
        fit += (right - n * chance) * slope;
        weight += n * slope * slope;
      }
      rates.set(
        name,
        Math.min(1 - LEAST_RATE, Math.max(LEAST_RATE, fit / weight)),
      );
    }
  return rates;
}

const pairsOnce = (
  pairs: TypePairs["pairs"],
): (readonly [string, string, number, number])[] =>
  [...pairs]
    .flatMap(([one, row]) =>
      [...row]
        .filter(([other]) => one < other)
        .map(([other, { right, n }]) => [one, other, right, n] as const),
    )
    .sort(([a, b], [c, d]) => (a < c || (a === c && b < d) ? -1 : 1));
