/** What the first tasks of a fresh pool cost, tier by tier. Every figure is of a real run, and of the tier it is said to be. */

import type { Tier } from "../flow-balancer/core/tier.ts";
import { moduleKind, OwnPool, valueOf } from "./own-pool.ts";

/** What a task found: nothing at all, a bare process, one with the module, one with the session's memory. */
export const FOUND = [
  "cold, no process",
  "cold, spare process",
  "warm",
  "hot",
] as const;
export type Found = (typeof FOUND)[number];

export interface TierCost {
  readonly found: Found;
  readonly waitMs: number;
  readonly startMs: number;
  readonly runMs: number;
  /** From submit to the value in hand. */
  readonly totalMs: number;
}

const TIER_OF: Readonly<Record<Found, Tier>> = {
  "cold, no process": "cold",
  "cold, spare process": "cold",
  warm: "warm",
  hot: "hot",
};

const KIND = moduleKind("mcp-sdk");
/** Each of the tiers that are there once the first task is done. */
const REPEATS = 5;
const SESSION = "session-of-the-bench";

export async function tierCosts(): Promise<TierCost[]> {
  const costs: TierCost[] = [];
  {
    await using bare = new OwnPool({ workers: 1, spareWorkers: 0 });
    costs.push(await costOf(bare, "cold, no process", null));
  }
  await using own = new OwnPool({ workers: 1 });
  await own.warm(1);
  costs.push(await costOf(own, "cold, spare process", null));
  for (let again = 0; again < REPEATS; again++)
    costs.push(await costOf(own, "warm", null));
  // The session's first task finds a warm worker and binds it.
  await costOf(own, "warm", SESSION);
  for (let again = 0; again < REPEATS; again++)
    costs.push(await costOf(own, "hot", SESSION));
  return costs;
}

async function costOf(
  own: OwnPool,
  found: Found,
  session: string | null,
): Promise<TierCost> {
  const startedAt = performance.now();
  const outcome = await own.submit(KIND, '{"serial":3}', { session }).done;
  const value = valueOf(outcome) as { serial?: number; chars?: number };
  const totalMs = performance.now() - startedAt;
  if (value.serial !== 3 || !((value.chars ?? 0) > 100))
    throw new Error(`a task answered ${JSON.stringify(value)}`);
  const { execution } = outcome;
  if (execution?.tier !== TIER_OF[found])
    throw new Error(`a task was to find '${found}' and was ${execution?.tier}`);
  const { waitMs, startMs, runMs } = execution;
  return { found, waitMs, startMs, runMs, totalMs };
}
