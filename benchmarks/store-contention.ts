/** Claim and settle with several processes on one file: what all of them do together, against one alone. */

import { Database } from "bun:sqlite";
import { join } from "node:path";
import { ContenderProcess } from "./contender-process.ts";
import { interleave } from "./interleave.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { seedTasks } from "./store-seed.ts";
import { contentionTarget } from "./store-targets.ts";

const PROCESSES = [1, 2, 4] as const;
/** Of each process. */
const IN_FLIGHT = 16;
const CHARS = 20;

const PLAN = {
  full: { rounds: 6, blockMs: 500, warmUpMs: 300, stored: 600_000 },
  quick: { rounds: 1, blockMs: 20, warmUpMs: 20, stored: 20_000 },
} as const;

export async function measureContention(
  folder: string,
  quick: boolean,
): Promise<Findings> {
  const { rounds, blockMs, warmUpMs, stored } = PLAN[quick ? "quick" : "full"];
  const path = join(folder, "contention.db");
  await seedTasks(path, stored);
  const all: ContenderProcess[] = [];
  const rates = new Map<number, number[]>(PROCESSES.map((it) => [it, []]));
  let done = 0;
  const together = async (processes: number, ms: number): Promise<number> => {
    const blocks = await Promise.all(
      all
        .slice(0, processes)
        .map((it) => it.block({ inFlight: IN_FLIGHT, ms, chars: CHARS })),
    );
    for (const { latencies } of blocks) done += latencies.length;
    return blocks.reduce(
      (sum, it) => sum + (1_000 * it.latencies.length) / it.ms,
      0,
    );
  };
  try {
    for (let n = 0; n < Math.max(...PROCESSES); n++)
      all.push(
        await ContenderProcess.start(
          [
            process.execPath,
            join(import.meta.dir, "peers/flow-balancer-claims.ts"),
          ],
          { workers: 0, path },
        ),
      );
    await together(all.length, warmUpMs);
    await interleave(PROCESSES, rounds, async (processes) => {
      rates.get(processes)?.push(await together(processes, blockMs));
    });
  } finally {
    await Promise.all(all.map((it) => it.close()));
  }
  assertSettledOnce(path, Math.floor(stored / 2) + done);
  return findings(rates);
}

function findings(rates: ReadonlyMap<number, readonly number[]>): Findings {
  const cases = new Map<number, BenchCase>();
  for (const [processes, sample] of rates)
    cases.set(
      processes,
      benchCase(
        `claim and settle, ${processes} ${processes === 1 ? "process" : "processes"}`,
        "1/s",
        sample,
        cases.get(1),
      ),
    );
  return { cases: [...cases.values()], targets: [contentionTarget(cases)] };
}

/** Whoever claimed a task settled it, and nobody else did. */
function assertSettledOnce(path: string, expected: number): void {
  using db = new Database(path, { readonly: true });
  const row = db
    .query<{ n: number; fences: number }, []>(
      "SELECT count(*) AS n, max(fence) AS fences FROM tasks WHERE state = 'completed'",
    )
    .get();
  if (row?.n !== expected || row.fences !== 1)
    throw new Error(
      `${row?.n} tasks are completed under fences up to ${row?.fences}, not ${expected} under their first`,
    );
}
