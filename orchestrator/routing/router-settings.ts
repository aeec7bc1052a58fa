/** What a person may set of the router, and what holds where nobody did. */

import { BalancerError } from "../../flow-balancer/core/errors.ts";

export interface RouterSettings {
  /** Of a task done well, in units of cost; null: ten calls of the dearest expert, or 1 where none costs anything. */
  readonly worth: number | null;
  /** Of a second of run time, in units of cost. */
  readonly secondCost: number;
  /** Share of the tasks that go to any expert that serves the kind, whatever was learned. */
  readonly floor: number;
}

const ROUTER_DEFAULTS: RouterSettings = {
  worth: null,
  secondCost: 0,
  floor: 0.02,
};

/** Throws INVALID_CONFIG. */
export function checkedSettings(
  settings: Partial<RouterSettings>,
): RouterSettings {
  const all = { ...ROUTER_DEFAULTS, ...settings };
  const { worth, secondCost, floor } = all;
  if (worth !== null && !(worth > 0 && Number.isFinite(worth)))
    throw invalid(`the worth of a success is ${worth}; it has to be above 0`);
  if (!(secondCost >= 0 && Number.isFinite(secondCost)))
    throw invalid(`the cost of a second is ${secondCost}; it is 0 or more`);
  if (!(floor >= 0 && floor <= 1))
    throw invalid(`the floor is ${floor}; it is a share from 0 to 1`);
  return all;
}

const invalid = (message: string): BalancerError =>
  new BalancerError("INVALID_CONFIG", message, {
    hint: "Correct the settings of the router.",
  });
