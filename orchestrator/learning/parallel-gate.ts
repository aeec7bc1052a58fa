/**
 * Whether tasks of a kind are still worth several experts: learned from runs in which several really
 * ran, by how often the others changed the accepted result, for the better where that is known. One
 * expert is chosen only where it is nearly sure that little is lost; probes go on, so that the choice
 * can be taken back.
 */

import {
  bothOf,
  type GateSnapshot,
  harmedShare,
  type KindEvidence,
  NO_EVIDENCE,
  type ParallelRun,
  readGateSnapshot,
  withRun,
} from "./parallel-gate-evidence.ts";
import { gateSettings, type GateSettings } from "./parallel-gate-settings.ts";
import { hash32, mix32 } from "./similarity-hash.ts";
import { meanIdle, sureAbove } from "./waste-posterior.ts";

export interface GateDecision {
  readonly mode: "parallel" | "single";
  /** Parallel only to see whether the others still change nothing. */
  readonly probe: boolean;
  /** With what probability this mode was chosen for this task. */
  readonly propensity: number;
  /** Short lines for a person. */
  readonly reason: readonly string[];
}

/** Beyond these the one longest without a run is forgotten. */
const MAX_KINDS = 4_096;
/** Sums of fractions come out a little less than whole. */
const ROUNDING = 1e-9;

export class ParallelGate {
  readonly #kinds = new Map<string, KindEvidence>();
  readonly settings: GateSettings;

  /** Throws INVALID_CONFIG for settings that couldn't work. */
  constructor(settings: Partial<GateSettings> = {}) {
    this.settings = gateSettings(settings);
  }

  /** Of what `snapshot` gave, as it came back. Throws INVALID_INPUT for anything else, saying where. */
  static restore(
    snapshot: unknown,
    settings: Partial<GateSettings> = {},
  ): ParallelGate {
    const gate = new ParallelGate(settings);
    gate.merge(snapshot);
    return gate;
  }

  snapshot(): GateSnapshot {
    const kinds = [...this.#kinds];
    return {
      version: 1,
      kinds: kinds.map(([kind, evidence]) => ({ kind, ...evidence })),
    };
  }

  /** `seed`: any number that belongs to the task; the same seed and evidence give the same decision. */
  decide(kind: string, seed: number): GateDecision {
    const reason = this.explain(kind);
    if (!this.#isSingle(this.#evidence(kind)))
      return { mode: "parallel", probe: false, propensity: 1, reason };
    const { probeRate } = this.settings;
    return chance(kind, seed) < probeRate
      ? { mode: "parallel", probe: true, propensity: probeRate, reason }
      : { mode: "single", probe: false, propensity: 1 - probeRate, reason };
  }

  /** After a run. One of a single expert shows nothing of the others, and changes nothing. */
  observe(kind: string, run: ParallelRun): void {
    if (run.experts < 2) return;
    const before = this.#evidence(kind);
    const after = withRun(before, run, this.settings.memoryRuns);
    this.#keep(kind, { ...after, single: this.#isSingle(after) });
  }

  /** What another saw, by its snapshot, added to what this one did: as if it had seen all itself, but that nothing fades. */
  merge(snapshot: unknown): void {
    for (const [kind, theirs] of readGateSnapshot(snapshot))
      this.#keep(kind, bothOf(this.#evidence(kind), theirs));
  }

  /** Short lines for a person. */
  explain(kind: string): string[] {
    const evidence = this.#evidence(kind);
    const { runs, compared, wasted, harmed } = evidence;
    const { minRuns, maxLoss, probeRate } = this.settings;
    if (!evidence.single && !this.#isEnough(evidence))
      return [
        `several experts: thin evidence, ${runs} ${runs === 1 ? "run" : "runs"} of several are not enough (${minRuns} are)`,
      ];
    const isSingle = this.#isSingle(evidence);
    const lines = [
      isSingle ? "one expert is enough" : "several experts",
      `the others gained nothing in ${percent(meanIdle(evidence))} of ${runs} runs of several (learned mean, recent ones weigh more)`,
    ];
    if (harmed > 0)
      lines.push(`they did harm in ${percent(harmedShare(evidence))}`);
    lines.push(
      `P(one loses less than ${percent(maxLoss)}) is ${hundredths(this.#sure(evidence))}`,
    );
    if (compared > 0)
      lines.push(
        `${percent(wasted / compared)} of the cost of several went into what was there already`,
      );
    if (isSingle)
      lines.push(
        `${percent(probeRate)} of tasks still run with several; all do once it is as sure that one loses more`,
      );
    return lines;
  }

  #isSingle(evidence: KindEvidence): boolean {
    const { wasteThreshold, sureness } = this.settings;
    if (evidence.single) return this.#sure(evidence) >= 1 - sureness;
    return (
      this.#isEnough(evidence) &&
      meanIdle(evidence) > wasteThreshold &&
      this.#sure(evidence) > sureness
    );
  }

  /** P(one loses less than `maxLoss`), the share harmed taken as it is. */
  #sure(evidence: KindEvidence): number {
    const allowed = this.settings.maxLoss + harmedShare(evidence);
    return sureAbove(evidence, Math.max(0, 1 - allowed));
  }

  #isEnough({ idle, gained }: KindEvidence): boolean {
    return idle + gained >= this.settings.minRuns - ROUNDING;
  }

  #evidence(kind: string): KindEvidence {
    return this.#kinds.get(kind) ?? NO_EVIDENCE;
  }

  #keep(kind: string, evidence: KindEvidence): void {
    this.#kinds.delete(kind);
    this.#kinds.set(kind, evidence);
    if (this.#kinds.size <= MAX_KINDS) return;
    const [oldest] = this.#kinds.keys();
    if (oldest !== undefined) this.#kinds.delete(oldest);
  }
}

/** In [0, 1), the same for the same kind and seed. */
function chance(kind: string, seed: number): number {
  const whole = Math.trunc(seed);
  const high = mix32(Math.floor(whole / 2 ** 32));
  return mix32(hash32(kind, mix32(whole ^ high))) / 2 ** 32;
}

/** Rounded down: never more than it was. */
const percent = (share: number): string =>
  `${Math.floor(share * 100 + ROUNDING)} %`;

/** Rounded down: .999 isn't sure. */
const hundredths = (p: number): string =>
  (Math.floor(p * 100) / 100).toFixed(2);
