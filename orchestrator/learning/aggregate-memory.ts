/**
 * What earlier ensembles showed, by type of task: who was right and who agreed with whom, whether more
 * than one was worth it, and which way of putting lists together passed its check. A fold over evidence:
 * the same evidence in the same order comes to the same.
 */

import type { Strategy } from "../../flow-balancer/core/ensemble.ts";
import type { Belief, Vote } from "./consensus.ts";
import { forgetRarest } from "./forget-rarest.ts";
import { ParallelGate } from "./parallel-gate.ts";
import type { ParallelRun } from "./parallel-gate-evidence.ts";
import { Agreement, type AgreementSnapshot } from "./reliability-agreement.ts";
import type { CheckedAnswer } from "./reliability-counts.ts";
import { Reliability, type ReliabilitySnapshot } from "./reliability.ts";

/** What one ensemble showed. */
export interface EnsembleEvidence {
  readonly type: string;
  readonly checked: readonly CheckedAnswer[];
  readonly votes: readonly Vote[];
  /** What more than one came to beside the one alone; null: that is not known. */
  readonly parallel: ParallelRun | null;
  /** Whether a list made so passed the check. */
  readonly judged: readonly (readonly [Strategy, boolean])[];
}

/** Passed, of so many that were checked. */
export type StrategyTally = readonly [passed: number, n: number];

export interface EnsembleSnapshot {
  readonly reliability: ReliabilitySnapshot;
  readonly agreement: AgreementSnapshot;
  readonly gate: ReturnType<ParallelGate["snapshot"]>;
  readonly strategies: readonly (readonly [
    type: string,
    strategy: string,
    passed: number,
    n: number,
  ])[];
}

/** Fewer are no reason to prefer anything, nor to say how likely something is. */
export const ENOUGH_RUNS = 20;
const MIN_EXPERTS_WITHOUT_CHECKS = 3;
/** Agreement says less of an expert than a check does. */
const ENOUGH_COMPARED = 50;
/** Types whose ways of putting lists together are remembered, two numbers each way; beyond, that of the fewest checks is forgotten. */
const MAX_TYPES = 1_024;

export interface PanelBelief {
  readonly belief: Belief;
  /** Checks of earlier answers, agreement among experts alone, or nothing to speak of. */
  readonly basis: "checks" | "agreement" | "nothing";
}

export class EnsembleMemory {
  readonly gate: ParallelGate;
  readonly #reliability: Reliability;
  readonly #agreement: Agreement;
  readonly #strategies = new Map<string, Map<string, StrategyTally>>();

  constructor(snapshot?: EnsembleSnapshot) {
    this.#reliability = new Reliability(snapshot?.reliability);
    this.#agreement = new Agreement(snapshot?.agreement);
    this.gate = ParallelGate.restore(
      snapshot?.gate ?? new ParallelGate().snapshot(),
    );
    for (const [type, strategy, passed, n] of snapshot?.strategies ?? [])
      this.#tallies(type).set(strategy, [passed, n]);
  }

  learn(evidence: EnsembleEvidence): void {
    const { type, checked, votes, parallel, judged } = evidence;
    this.#reliability.learn(type, checked);
    if (new Set(votes.map(({ expert }) => expert)).size > 1)
      this.#agreement.learn(type, votes);
    if (parallel !== null) this.gate.observe(type, parallel);
    for (const [strategy, ok] of judged) {
      const tallies = this.#tallies(type);
      const [passed, n] = tallies.get(strategy) ?? [0, 0];
      tallies.set(strategy, [passed + Number(ok), n + 1]);
    }
  }

  /** Checks go before agreement, and thin evidence of checks before none at all: it is shrunk. */
  beliefOf(type: string, seats: readonly string[]): PanelBelief {
    const experts = [...new Set(seats)];
    const checks = this.#reliability.belief(type);
    const runs = experts.reduce((sum, it) => sum + checks.runsOf(it), 0);
    if (runs >= ENOUGH_RUNS) return { belief: checks, basis: "checks" };
    const agreement = this.#agreement.belief(type);
    const known = experts.filter(
      (it) => agreement.runsOf(it) >= ENOUGH_COMPARED,
    );
    return known.length >= MIN_EXPERTS_WITHOUT_CHECKS
      ? { belief: agreement, basis: "agreement" }
      : { belief: checks, basis: "nothing" };
  }

  /**
   * Whether all are to be asked, whatever the first ones say, so that the others are known too: until enough
   * is known of each that can be, and now and then after that (`isProbe`).
   */
  asksAll(
    type: string,
    seats: readonly string[],
    {
      isChecked,
      isProbe,
    }: { readonly isChecked: boolean; readonly isProbe: boolean },
  ): boolean {
    const experts = [...new Set(seats)];
    if (isChecked) {
      const { runsOf } = this.#reliability.belief(type);
      const isThin = experts.some((it) => runsOf(it) < ENOUGH_RUNS);
      return experts.length > 1 && (isThin || isProbe);
    }
    if (experts.length < MIN_EXPERTS_WITHOUT_CHECKS) return false;
    return isProbe || this.beliefOf(type, seats).basis === "nothing";
  }

  tallyOf(type: string, strategy: Strategy): StrategyTally {
    return this.#strategies.get(type)?.get(strategy) ?? [0, 0];
  }

  snapshot(): EnsembleSnapshot {
    return {
      reliability: this.#reliability.snapshot(),
      agreement: this.#agreement.snapshot(),
      gate: this.gate.snapshot(),
      strategies: [...this.#strategies].flatMap(([type, tallies]) =>
        [...tallies].map(
          ([strategy, tally]) => [type, strategy, ...tally] as const,
        ),
      ),
    };
  }

  /** Short lines for a person. */
  explain(type: string): string[] {
    return [
      ...this.#reliability.explain(type),
      ...this.#agreement.explain(type),
      ...this.gate.explain(type),
      ...[...(this.#strategies.get(type) ?? [])].map(
        ([strategy, [passed, n]]) =>
          `${strategy}: ${passed} of ${n} lists passed the check${n < ENOUGH_RUNS ? `; ${n} runs, not enough` : ""}`,
      ),
    ];
  }

  #tallies(type: string): Map<string, StrategyTally> {
    const own = this.#strategies.get(type);
    if (own !== undefined) return own;
    forgetRarest(this.#strategies, MAX_TYPES, (tallies) =>
      [...tallies.values()].reduce((sum, [, n]) => sum + n, 0),
    );
    const fresh = new Map<string, StrategyTally>();
    this.#strategies.set(type, fresh);
    return fresh;
  }
}
