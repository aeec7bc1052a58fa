/**
 * Whether a second run of what takes long pays. Simulated: streams of tasks on eight workers, where a run
 * is slow by chance, and where a task is slow by what it is given, so that a second run cannot help. For
 * real: a server over HTTP whose tasks, without a session, are slow by chance, with second runs and without.
 */

import { hedgingWorlds, simulate } from "./hedging-simulation.ts";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import {
  startStatelessServer,
  type StatelessServer,
} from "./stateless-server.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { TemporaryProject } from "./temporary-project.ts";

const SIZES = {
  full: { simulated: 20_000, real: 800 },
  quick: { simulated: 1_000, real: 70 },
};
const IN_FLIGHT = 3;
const WORKERS = 8;
/** Of one in so many runs ten times as much. */
const RUN_MS = 50;
const SLOW = 0.03;
const WAYS = ["off", "on"] as const;

type Way = (typeof WAYS)[number];

export const hedging: Suite = {
  name: "hedging",
  measures: "second runs of what takes long: simulated, and over HTTP",
  run: measureHedging,
};

async function measureHedging({ quick, say }: RunOptions): Promise<Findings> {
  const { simulated, real } = SIZES[quick ? "quick" : "full"];
  const parts = [await simulatedCases(simulated, say)];
  const inTurn: Record<Way, number[]> = { off: [], on: [] };
  // In halves, so that a busy minute of the machine falls on both.
  for (const way of [...WAYS, ...WAYS]) {
    say(`${real / 2} tasks over HTTP, hedge = ${way}`);
    inTurn[way].push(...(await measured(way, real / 2)));
  }
  const [off, on] = WAYS.map((way) => inTurn[way].toSorted((a, b) => a - b));
  const name = "over HTTP, slow by chance, hedge = off";
  const base = benchCase(name, "ms", off ?? []);
  parts.push({
    cases: [base, benchCase(name.replace("off", "on"), "ms", on ?? [], base)],
    notes: [
      `over HTTP: ${IN_FLIGHT} calls at a time on at most ${WORKERS} workers, runs of ${RUN_MS} ms of which ${100 * SLOW} % by chance take ten times that; the first 50 runs of each half teach what takes long and are not counted`,
    ],
  });
  return {
    cases: parts.flatMap(({ cases }) => cases),
    targets: [],
    notes: parts.flatMap(({ notes }) => notes),
  };
}

interface Part {
  readonly cases: readonly BenchCase[];
  readonly notes: readonly string[];
}

async function simulatedCases(
  tasks: number,
  say: RunOptions["say"],
): Promise<Part> {
  const cases: BenchCase[] = [];
  const notes: string[] = [];
  for (const { name, world } of hedgingWorlds(tasks)) {
    say(`simulated: ${name}`);
    const off = await simulate(world, false);
    const on = await simulate(world, true);
    const base = benchCase(`simulated: ${name}, off`, "ms", off.ms);
    cases.push(base, benchCase(`simulated: ${name}, on`, "ms", on.ms, base));
    const added = 100 * (on.busyMs / off.busyMs - 1);
    notes.push(
      `simulated: ${name}: of ${tasks} tasks ${on.begun} had a second run, of which ${on.won} won; work of all workers ${added < 0 ? "" : "+"}${added.toFixed(1)} %; killed by the learned limit ${off.killed} without, ${on.killed} with`,
    );
  }
  return { cases, notes };
}

/** From call to answer, ms, of those after the first that teach. */
async function measured(hedge: Way, runs: number): Promise<number[]> {
  using project = new TemporaryProject({
    kind: "unlucky",
    env: {
      FLOW_BALANCER_LEARNING_HEDGE: hedge,
      FLOW_BALANCER_POOL_MAX_WORKERS: String(WORKERS),
      FLOW_BALANCER_POOL_SPARE_WORKERS: String(WORKERS),
    },
  });
  const server = await startStatelessServer(project);
  await manyRuns(server, TEACH);
  const ms = await manyRuns(server, runs);
  await server.close();
  return ms;
}

const TEACH = 50;

/** So many at a time, the next one when one is answered. */
async function manyRuns(
  server: StatelessServer,
  runs: number,
): Promise<number[]> {
  const ms: number[] = [];
  let left = runs;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const from = performance.now();
      const input = { ms: RUN_MS, chance: SLOW };
      const answer = await server.call("run_task", { kind: "unlucky", input });
      if (answer["status"] !== "completed")
        throw new Error(`a run was not completed: ${JSON.stringify(answer)}`);
      ms.push(performance.now() - from);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return ms;
}
