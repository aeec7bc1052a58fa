/** When one expert is enough, and how that is found out again. Shares are from 0 to 1. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";

export interface GateSettings {
  /** One expert is enough only where the others gained nothing in more than this mean share of runs, */
  readonly wasteThreshold: number;
  /** and where one surely loses less: the share of runs in which the others do good, beyond that in which they do harm. */
  readonly maxLoss: number;
  /** So sure, at least .8; several again once it is as sure that one loses more. */
  readonly sureness: number;
  /** Runs of several experts before there is a verdict, at least 10. */
  readonly minRuns: number;
  /** Share of tasks that run with several all the same where one is enough. */
  readonly probeRate: number;
  /** So many of the last runs weigh fully, by and large: older ones fade. */
  readonly memoryRuns: number;
}

export const GATE_DEFAULTS: GateSettings = {
  wasteThreshold: 0.6,
  maxLoss: 0.05,
  sureness: 0.9,
  minRuns: 20,
  probeRate: 0.05,
  memoryRuns: 100,
};

/** Throws INVALID_CONFIG for a gate that couldn't work, or that one run could turn back and forth. */
export function gateSettings(given: Partial<GateSettings>): GateSettings {
  const settings = { ...GATE_DEFAULTS, ...given };
  const { wasteThreshold, maxLoss, sureness, probeRate } = settings;
  const { minRuns, memoryRuns } = settings;
  const shares = { wasteThreshold, maxLoss, sureness, probeRate };
  for (const [name, value] of Object.entries(shares))
    if (!(value >= 0 && value <= 1))
      throw invalid(`${name} is ${value}; it is a share from 0 to 1`);
  // Else what is sure enough to turn the gate is within one run of what turns it back.
  if (sureness < 0.8)
    throw invalid(`sureness is ${sureness}; it is at least 0.8`);
  if (!(minRuns >= 10))
    throw invalid(`minRuns is ${minRuns}; it is at least 10`);
  if (!(memoryRuns >= minRuns && memoryRuns < Infinity))
    throw invalid(
      `memoryRuns is ${memoryRuns}; it is at least minRuns (${minRuns}), and finite`,
    );
  return settings;
}

const invalid = (message: string): BalancerError =>
  new BalancerError("INVALID_CONFIG", message, {
    hint: "Correct the settings of the parallel gate.",
  });
