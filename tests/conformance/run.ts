/**
 * `bun run conformance`: the official suite against the MCP layer over HTTP and, through a bridge, over stdio. Exits
 * 0 only if every run reaches its bar; the last lines are one score a run. Uses the loopback interface alone.
 */

import { startBridge } from "./bridge.ts";
import { startHttpFixture } from "./http-fixture.ts";
import { type Score, scoreRequirements, scoreTasks } from "./suite.ts";

interface Run {
  readonly label: string;
  /** Scenarios that must pass. */
  readonly bar: number;
  /** Scenarios that may fail: the bridge does not check Host, which costs it one of each set. */
  readonly mayFail: number;
  readonly score: Score;
}

// What the suite provokes is refused and reported by the endpoint: not news here.
const http = startHttpFixture(() => undefined);
let runs: readonly Run[];
try {
  const [overHttp, overStdio] = await Promise.all([
    httpRuns(http.url),
    stdioRuns(),
  ]);
  runs = [...overHttp, ...overStdio];
} finally {
  await http.stop();
}

for (const { label, score } of runs) {
  if (score.failed.length === 0) continue;
  console.log(`\n${label}: failed ${score.failed.join(", ")}`);
  console.log(failures(score));
}
console.log();
for (const { label, score } of runs) {
  const total = score.passed.length + score.failed.length;
  console.log(`conformance ${label}: ${score.passed.length}/${total}`);
}
const reached = ({ bar, mayFail, score }: Run): boolean =>
  score.passed.length >= bar && score.failed.length <= mayFail;
process.exit(runs.every(reached) ? 0 : 1);

async function httpRuns(url: string): Promise<readonly Run[]> {
  return [
    {
      label: "2025-11-25 http",
      bar: 30,
      mayFail: 0,
      score: await scoreRequirements(url, "2025-11-25"),
    },
    {
      label: "2026-07-28 http",
      bar: 37,
      mayFail: 0,
      score: await scoreRequirements(url, "2026-07-28"),
    },
    { label: "tasks http", bar: 9, mayFail: 0, score: await scoreTasks(url) },
  ];
}

async function stdioRuns(): Promise<readonly Run[]> {
  const bridge = await startBridge();
  try {
    return [
      {
        label: "2025-11-25 stdio",
        bar: 29,
        mayFail: 1,
        score: await scoreRequirements(bridge.url, "2025-11-25"),
      },
      {
        label: "2026-07-28 stdio",
        bar: 36,
        mayFail: 1,
        score: await scoreRequirements(bridge.url, "2026-07-28"),
      },
    ];
  } finally {
    await bridge.stop();
  }
}

/** The lines of the suite's output that say why. */
function failures({ failed, output }: Score): string {
  return output
    .split("\n")
    .filter(
      (line) =>
        line.includes("Error: ") || failed.some((name) => line.includes(name)),
    )
    .slice(0, 40)
    .map((line) => `  ${line.trim().slice(0, 200)}`)
    .join("\n");
}
