/** What a claim costs with few and with many tasks in the file, in turn: until it is on disk, with nothing else going on. */

import { join } from "node:path";
import { holderId } from "../flow-balancer/core/ids.ts";
import type { Claimed } from "../flow-balancer/core/queue.ts";
import { bunEnv } from "../flow-balancer/env.ts";
import { SqliteQueue } from "../flow-balancer/queue/sqlite-queue.ts";
import {
  closeStore,
  openStore,
  type Store,
} from "../flow-balancer/store/database.ts";
import { interleave } from "./interleave.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { seedTasks } from "./store-seed.ts";
import { claimCostTarget } from "./store-targets.ts";

export const STORED = {
  full: [1_000, 10_000, 100_000, 1_000_000],
  quick: [1_000, 10_000],
} as const;

/** Fewer claims in all than the smallest file has tasks to claim. */
const PLAN = {
  full: { rounds: 24, claims: 20 },
  quick: { rounds: 2, claims: 5 },
} as const;
const HOLDER = holderId("bench");

interface Candidate {
  readonly stored: number;
  readonly store: Store;
  readonly queue: SqliteQueue;
  /** us. */
  readonly sample: number[];
}

/** The files are made here, one a number of tasks, and left for whoever comes next. */
export const storeOf = (folder: string, stored: number): string =>
  join(folder, `stored-${stored}.db`);

export async function measureClaimCost(
  folder: string,
  quick: boolean,
): Promise<Findings> {
  const size = quick ? "quick" : "full";
  const candidates: Candidate[] = [];
  for (const stored of STORED[size]) {
    const path = storeOf(folder, stored);
    await seedTasks(path, stored);
    const store = openStore(path, "normal", bunEnv);
    const queue = new SqliteQueue(store, bunEnv);
    candidates.push({ stored, store, queue, sample: [] });
  }
  const { rounds, claims } = PLAN[size];
  await interleave(candidates, rounds, async (it, round) => {
    for (let n = 0; n < claims; n++) {
      const took = await claimOne(it.queue);
      // The first round fills caches.
      if (round > 0) it.sample.push(took);
    }
  });
  const cases = new Map<number, BenchCase>();
  for (const { stored, store, sample } of candidates) {
    await closeStore(store);
    const floor = cases.get(STORED[size][0]);
    cases.set(
      stored,
      benchCase(`claim, ${stored} stored tasks`, "us", sample, floor),
    );
  }
  return { cases: [...cases.values()], targets: [claimCostTarget(cases)] };
}

/** us; settled afterwards, so that the next one is another. */
async function claimOne(queue: SqliteQueue): Promise<number> {
  const startedAt = performance.now();
  const claimed = await queue.claim({
    queue: "pool",
    holder: HOLDER,
    max: 1,
    leaseMs: null,
  });
  const took = 1_000 * (performance.now() - startedAt);
  await settle(queue, claimed[0]);
  return took;
}

async function settle(
  queue: SqliteQueue,
  claimed: Claimed | undefined,
): Promise<void> {
  if (claimed === undefined) throw new Error("there is nothing to claim");
  const { accepted } = await queue.settle(claimed.lease, {
    result: { status: "completed", valueJson: "null" },
    execution: null,
    startedAt: null,
    output: null,
  });
  if (!accepted) throw new Error(`${claimed.task.id} went to another`);
}
