/** A server's start on a store with many tasks: from the start of its process until a task it found there runs. */

import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { interleave } from "./interleave.ts";
import { runMeasured } from "./measured-process.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { STORED, storeOf } from "./store-claim-cost.ts";
import type { FirstRun, StartOrder } from "./store-start-process.ts";
import { startTargets } from "./store-targets.ts";
import { TemporaryProject } from "./temporary-project.ts";

const ROUNDS = { full: 8, quick: 1 } as const;
const HANG_MS = 60_000;

/** Of the files that measureClaimCost left, those of the two largest sizes. */
export async function measureStart(
  folder: string,
  quick: boolean,
): Promise<Findings> {
  const size = quick ? "quick" : "full";
  const sizes = STORED[size].slice(-2);
  const samples = new Map<number, number[]>(sizes.map((it) => [it, []]));
  await interleave(sizes, ROUNDS[size], async (stored) => {
    samples.get(stored)?.push(await startOnce(storeOf(folder, stored)));
  });
  const cases = new Map<number, BenchCase>();
  for (const [stored, sample] of samples)
    cases.set(
      stored,
      benchCase(
        `start until a claimed task runs, ${stored} stored`,
        "ms",
        sample,
      ),
    );
  return { cases: [...cases.values()], targets: startTargets(cases) };
}

/** ms; on a copy, so that each start finds the same. */
async function startOnce(path: string): Promise<number> {
  using project = new TemporaryProject();
  const { folder, env } = project;
  const home = env["FLOW_BALANCER_HOME"] ?? folder;
  mkdirSync(home, { recursive: true, mode: 0o700 });
  copyFileSync(path, join(home, "flow.db"));
  const order: StartOrder = { folder, env };
  const startedAt = Date.now();
  const { at } = await runMeasured<FirstRun>(
    join(import.meta.dir, "store-start-process.ts"),
    order,
    HANG_MS,
  );
  rmSync(home, { recursive: true });
  return at - startedAt;
}
