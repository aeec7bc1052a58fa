/**
 * How far each expert is to be trusted at each type of task, learned from checks: somebody or something
 * that knows said of each answer whether it was right. What is thin is shrunk: a type's record toward
 * that of all other types, and that toward a half. Counts, so merge(a, b) is learning both, in any order.
 * At most 256 types of 64 experts and 16 panels, which is 20 kB a type; beyond, the type of the fewest answers counts
 * for all types together alone.
 */

import type { Belief } from "./consensus.ts";
import { forgetRarest } from "./forget-rarest.ts";
import {
  addCounts,
  type CheckedAnswer,
  countsOf,
  type CountsSnapshot,
  countTask,
  newCounts,
  panelName,
  type ReliabilityCounts,
  snapshotCounts,
  type Tally,
} from "./reliability-counts.ts";

/** What the broader record is worth, in answers: the Beta prior's strength. */
export const PRIOR_STRENGTH = 20;
/** Of an expert of whom nothing is known. */
const PRIOR_RATE = 0.5;
/** Wrong answers coincide as if there were 16 answers to choose from, until more is known. */
const PRIOR_COLLISION = 1 / 15;
const MAX_TYPES = 256;
const NOTHING: Tally = { right: 0, n: 0 };

export interface ReliabilitySnapshot {
  readonly all: CountsSnapshot;
  readonly types: readonly (readonly [string, CountsSnapshot])[];
}

export class Reliability {
  readonly #all: ReliabilityCounts;
  readonly #types: Map<string, ReliabilityCounts>;

  constructor(
    snapshot: ReliabilitySnapshot = {
      all: snapshotCounts(newCounts()),
      types: [],
    },
  ) {
    this.#all = countsOf(snapshot.all);
    this.#types = new Map(
      snapshot.types.map(([type, counts]) => [type, countsOf(counts)]),
    );
  }

  /** All answers to one task that were checked. Without any, nothing is learned. */
  learn(type: string, answers: readonly CheckedAnswer[]): void {
    if (answers.length === 0) return;
    countTask(this.#all, answers);
    countTask(this.#own(type), answers);
  }

  /** For the decision at hand: ask anew once more was learned. */
  belief(type: string): Belief {
    const { experts, sameWrong, panels } = this.#types.get(type) ?? newCounts();
    const all = this.#all;
    const rates = new Map<string, number>();
    const rateOf = (expert: string): number => {
      const known = rates.get(expert);
      if (known !== undefined) return known;
      const own = experts.get(expert) ?? NOTHING;
      const rate = shrunk(own, all.experts.get(expert) ?? NOTHING, PRIOR_RATE);
      rates.set(expert, rate);
      return rate;
    };
    return {
      rateOf,
      runsOf: (expert) => experts.get(expert)?.n ?? 0,
      collision: shrunk(sameWrong, all.sameWrong, PRIOR_COLLISION),
      groupsOf: (panel) => {
        const name = panelName(panel);
        const broad = all.panels.get(name);
        if (broad === undefined) return null;
        const own = panels.get(name);
        return (bits, chance) =>
          shrunk(own?.get(bits) ?? NOTHING, broad.get(bits) ?? NOTHING, chance);
      },
    };
  }

  /** Takes in what another instance learned. */
  merge(from: ReliabilitySnapshot): void {
    addCounts(this.#all, countsOf(from.all));
    for (const [type, counts] of from.types)
      addCounts(this.#own(type), countsOf(counts));
  }

  snapshot(): ReliabilitySnapshot {
    return {
      all: snapshotCounts(this.#all),
      types: [...this.#types]
        .map(([type, counts]) => [type, snapshotCounts(counts)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    };
  }

  /** A line an expert, best first. */
  explain(type: string): string[] {
    const own = this.#types.get(type);
    const { rateOf } = this.belief(type);
    const lines = [...(own?.experts ?? [])]
      .sort(([a], [b]) => rateOf(b) - rateOf(a) || (a < b ? -1 : 1))
      .map(([expert, { right, n }]) => {
        const thin =
          n < PRIOR_STRENGTH ? `; ${runs(n)}, not enough by themselves` : "";
        return `${expert}: right in ${right} of ${runs(n)}, taken as ${rateOf(expert).toFixed(2)}${thin}`;
      });
    return lines.length > 0
      ? lines
      : [
          `no checked answers to tasks of type ${type}; every expert counts alike unless known from other types`,
        ];
  }

  #own(type: string): ReliabilityCounts {
    const own = this.#types.get(type);
    if (own !== undefined) return own;
    forgetRarest(this.#types, MAX_TYPES, ({ experts }) =>
      [...experts.values()].reduce((sum, { n }) => sum + n, 0),
    );
    const fresh = newCounts();
    this.#types.set(type, fresh);
    return fresh;
  }
}

const runs = (n: number): string => `${n} answer${n === 1 ? "" : "s"}`;

/** Own record on top of that of all others (what `all` has beyond it), on top of the prior; within (0, 1). */
function shrunk(own: Tally, all: Tally, prior: number): number {
  const others = toward(
    { right: all.right - own.right, n: all.n - own.n },
    prior,
  );
  return toward(own, others);
}

const toward = ({ right, n }: Tally, prior: number): number =>
  (right + PRIOR_STRENGTH * prior) / (n + PRIOR_STRENGTH);
