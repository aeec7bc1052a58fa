/**
 * Learned limits for real: a server over stdio, real workers, a kind whose runs take twice as long half-way,
 * of which one in ten fails and one in fifty never ends. What was learned is read as a person reads it,
 * with `timeout-stats`, from the rows of the store.
 */

import { join } from "node:path";
import { type BenchCase, benchCase, type Findings } from "./report.ts";
import { seededRandom } from "./seeded-random.ts";
import { OURS, startServer } from "./servers.ts";
import type { StdioPeer } from "./stdio-peer.ts";
import type { RunOptions, Suite } from "./suite.ts";
import { TemporaryProject } from "./temporary-project.ts";

const SEED = 20_261_121;
const IN_FLIGHT = 8;
const RUNS = { full: 400, quick: 30 };
/** Of the first half of the runs; those of the second take twice as long. */
const RUN_MS = 100;
/** A run takes between 1 - SPREAD and 1 + SPREAD of that. */
const SPREAD = 0.2;
const FAILS = 0.1;
const HANGS = 0.02;
/** No run hangs before so many ended: until then there is nothing to go by. */
const BEFORE_HANGS = 20;
/** What a simple rule gives until it knows enough, and a server that learns nothing always. */
const DEFAULT_MS = 300_000;

type End = "well" | "fails" | "hangs";

interface Run {
  readonly end: End;
  readonly status: string;
  /** From the call to its answer. */
  readonly ms: number;
}

interface Stats {
  readonly n: number;
  readonly timeouts: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly soft_limit_ms: number;
  readonly simple_rule_ms: number;
  readonly how_sure: string;
}

export const hangs: Suite = {
  name: "hangs",
  measures: "runs that never end die at the learned limit, over MCP",
  run: measureHangs,
};

async function measureHangs({ quick, say }: RunOptions): Promise<Findings> {
  using project = new TemporaryProject({
    kind: "moody",
    env: {
      FLOW_BALANCER_LEARNING_MIN_TIMEOUT_MS: "100",
      FLOW_BALANCER_TASKS_TIMEOUT_MS: String(DEFAULT_MS),
      FLOW_BALANCER_POOL_MAX_WORKERS: String(IN_FLIGHT),
    },
  });
  const server = startServer(OURS, "legacy", project);
  const chance = seededRandom(SEED);
  const half = async (
    name: string,
    ms: number,
    calm: number,
  ): Promise<Half> => {
    say(`runs of about ${ms} ms`);
    const runs = await manyRuns(
      server,
      plan(RUNS[quick ? "quick" : "full"], ms, calm, chance),
    );
    return { name, runs, stats: statsOf(project) };
  };
  try {
    await server.open();
    const before = await half("before it doubled", RUN_MS, BEFORE_HANGS);
    const after = await half("after it doubled", 2 * RUN_MS, 0);
    return findings([before, after]);
  } finally {
    await server.close();
  }
}

interface Planned {
  readonly ms: number;
  readonly end: End;
}

const plan = (
  runs: number,
  ms: number,
  calm: number,
  chance: () => number,
): Planned[] =>
  Array.from({ length: runs }, (_, at) => {
    const fate = chance();
    const end =
      fate < FAILS
        ? "fails"
        : fate < FAILS + HANGS && at >= calm
          ? "hangs"
          : "well";
    return { end, ms: ms * (1 + SPREAD * (2 * chance() - 1)) };
  });

/** So many at a time, the next one when one is answered. */
async function manyRuns(
  server: StdioPeer,
  planned: readonly Planned[],
): Promise<Run[]> {
  const runs: Run[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    for (let input = planned[next++]; input; input = planned[next++]) {
      const from = performance.now();
      const { result } = await server.call("run_task", {
        kind: "moody",
        input,
      });
      const answer = result?.["structuredContent"] as
        { status: string } | undefined;
      const status = answer?.status ?? "no answer";
      runs.push({ end: input.end, status, ms: performance.now() - from });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return runs;
}

/** As the command says it. */
function statsOf({ folder, env }: TemporaryProject): Stats {
  const { stdout } = Bun.spawnSync({
    cmd: [
      process.execPath,
      join(import.meta.dir, "../flow-balancer/cli.ts"),
      "timeout-stats",
      "--json",
    ],
    cwd: folder,
    env: { ...env },
  });
  const { kinds } = JSON.parse(stdout.toString()) as { kinds: Stats[] };
  const [stats] = kinds;
  if (stats === undefined) throw new Error("timeout-stats knows no kind");
  return stats;
}

interface Half {
  readonly name: string;
  readonly runs: readonly Run[];
  /** As they were after it. */
  readonly stats: Stats;
}

function findings(halves: readonly Half[]): Findings {
  const all = halves.flatMap(({ runs }) => runs);
  const hung = all.filter(({ end }) => end === "hangs");
  const left = hung.filter(({ status }) => status !== "timed_out");
  if (left.length > 0)
    throw new Error(`a run that never ends was ${left[0]?.status}`);
  const cases: BenchCase[] = halves.flatMap(({ name, runs, stats }) => {
    const of = (end: End): number[] =>
      runs.filter((it) => it.end === end).map(({ ms }) => ms);
    return [
      benchCase(`healthy, ${name}`, "ms", of("well")),
      ...(of("hangs").length === 0
        ? []
        : [benchCase(`hang, ${name}`, "ms", of("hangs"))]),
      benchCase(`limit, ${name}`, "ms", [stats.soft_limit_ms]),
    ];
  });
  const healthy = all.filter(({ end }) => end === "well");
  const killed = healthy.filter(({ status }) => status === "timed_out").length;
  return {
    cases,
    targets: [
      {
        name: "healthy runs that were killed, of 1,000",
        measured: (1_000 * killed) / healthy.length,
        limit: 13,
        unit: "",
      },
      // In a quick run there may be none.
      ...(hung.length === 0
        ? []
        : [
            {
              name: "a hang against the default, at its longest",
              measured: Math.max(...hung.map(({ ms }) => ms)) / DEFAULT_MS,
              limit: 0.02,
              unit: "times",
            },
          ]),
    ],
    notes: [
      `${healthy.length} healthy runs, of which ${killed} were killed; ${hung.length} hangs, all killed`,
      ...halves.map(
        ({ name, stats: it }) =>
          `timeout-stats ${name}: ${it.n} runs, ${it.timeouts} timed out, p50 ${Math.round(it.p50_ms)} ms, p99 ${Math.round(it.p99_ms)} ms, limit ${it.soft_limit_ms} ms (simple rule ${Math.round(it.simple_rule_ms)} ms); ${it.how_sure}`,
      ),
    ],
  };
}
