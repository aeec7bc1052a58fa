/** Tasks that always crash, many at once, beside a steady stream: one and the same task, and as many different ones. */

import { benchCase, type Findings } from "./report.ts";
import { streamFor, type StreamFigures } from "./steady-stream.ts";
import type { RunOptions } from "./suite.ts";
import { summarise } from "../flow-balancer/core/stats.ts";
import { builtInKind, WatchedPool } from "./watched-pool.ts";

const TASKS = { full: 1_000, quick: 20 };
const MS = { full: 10_000, quick: 300 };
const MAX_WORKERS = 4;
/** Two a second: a start takes some 30 ms of a core, so that a crash loop costs no more than 6 % of one. */
const MAX_STARTS = 20;
const MAX_RATIO = 2;

interface CrashLoop {
  readonly quiet: StreamFigures;
  readonly beside: StreamFigures;
  readonly deaths: number;
  readonly starts: number;
  /** Processor time of the server over the time that passed, with and without the loop. */
  readonly cpu: { readonly quiet: number; readonly beside: number };
  /** How many tasks ended how, before the pool was closed. */
  readonly outcomes: ReadonlyMap<string, number>;
}

export async function crashLoopFindings({
  quick,
  say,
}: RunOptions): Promise<Findings> {
  const found: Findings[] = [];
  for (const [name, isSame] of [
    ["one task", true],
    ["different tasks", false],
  ] as const) {
    const what = `crash loop of ${name}`;
    say(what);
    found.push(
      findingsOf(what, await crashLoop(isSame, quick ? "quick" : "full")),
    );
  }
  return {
    cases: found.flatMap(({ cases }) => cases),
    targets: found.flatMap(({ targets }) => targets),
    notes: found.flatMap(({ notes = [] }) => notes),
  };
}

async function crashLoop(
  isSame: boolean,
  size: "full" | "quick",
): Promise<CrashLoop> {
  let deaths = 0;
  let starts = 0;
  await using own = new WatchedPool({
    maxWorkers: MAX_WORKERS,
    spareWorkers: 2,
    onEvent: ({ type }) => {
      if (type === "worker.exited") deaths++;
      if (type === "worker.started") starts++;
    },
  });
  await own.idle(2);
  const stream = (): Promise<StreamFigures & { cpu: number }> =>
    withCpu(() =>
      streamFor(MS[size], (kind, input) => own.submit(kind, input)),
    );
  const quiet = await stream();
  starts = 0;
  const outcomes = new Map<string, number>();
  for (let at = 0; at < TASKS[size]; at++) {
    const code = `export default () => { process.exit(${isSame ? 1 : `1 + ${at} * 0`}); };`;
    const run = own.submit(builtInKind("script"), { code });
    void run.done.then(({ result }) => {
      const name = "error" in result ? result.error.code : result.status;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    });
  }
  const beside = await stream();
  return {
    quiet,
    beside,
    deaths,
    starts,
    cpu: { quiet: quiet.cpu, beside: beside.cpu },
    outcomes: new Map(outcomes),
  };
}

async function withCpu<T extends object>(
  work: () => Promise<T>,
): Promise<T & { cpu: number }> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const found = await work();
  const { user, system } = process.cpuUsage(before);
  return {
    ...found,
    cpu: (user + system) / 1_000 / (performance.now() - startedAt),
  };
}

function findingsOf(
  what: string,
  { quiet, beside, deaths, starts, cpu, outcomes }: CrashLoop,
): Findings {
  const without = benchCase(
    `other tasks, before the ${what}`,
    "ms",
    quiet.latencies,
  );
  return {
    cases: [
      without,
      benchCase(
        `other tasks, beside the ${what}`,
        "ms",
        beside.latencies,
        without,
      ),
      benchCase(`deaths, ${what}`, "count", [deaths]),
      benchCase(`processor time of the server, before the ${what}`, "share", [
        cpu.quiet,
      ]),
      benchCase(`processor time of the server, beside the ${what}`, "share", [
        cpu.beside,
      ]),
    ],
    targets: [
      {
        name: `other tasks harmed, ${what}`,
        measured: quiet.harmed.length + beside.harmed.length,
        limit: 0,
        unit: "count",
      },
      {
        name: `workers started, ${what}`,
        measured: starts,
        limit: MAX_STARTS,
        unit: "count",
      },
      {
        name: `workers that died, ${what}`,
        measured: deaths,
        atLeast: 3,
        unit: "count",
      },
      {
        name: `p99 of other tasks, beside the ${what} and before`,
        measured:
          summarise(beside.latencies).p99 / summarise(quiet.latencies).p99,
        limit: MAX_RATIO,
        unit: "times",
      },
    ],
    notes: [
      `${what}: tasks that had ended: ${[...outcomes].map(([code, count]) => `${count} ${code}`).join(", ") || "none"}`,
      ...[...new Set(beside.harmed)]
        .slice(0, 3)
        .map((it) => `${what}, another task: ${it}`),
    ],
  };
}
