/** Where a task's time goes or went, beside what is usual for its kind; and why it ran where it did. Lines for a person. Pure. */

import { durationInWords } from "../core/duration-in-words.ts";
import { explainDecision } from "../core/explain-decision.ts";
import { duration } from "../core/figures.ts";
import type { WorkerHealth, WorkerStatus } from "../core/pool-status.ts";
import { percentile } from "../core/stats.ts";
import type { Execution, TaskRecord } from "../core/task.ts";
import type { Tier } from "../core/tier.ts";
import type { Usual } from "./task-outcomes.ts";

/** Fewer say nothing of what is usual. */
const FEW = 20;

const CLOCKS = [
  ["wait", "waitMs"],
  ["start", "startMs"],
  ["run", "runMs"],
] as const;

const TIER_WORDS: Readonly<Record<Tier, string>> = {
  hot: "it held the session's memory",
  warm: "it had the kind's code loaded",
  cold: "it had to load the kind's code first",
};

const HEALTH_WORDS: Partial<Record<WorkerHealth, string>> = {
  spinning:
    "its main thread computes without a pause: a loop without end, or a long computation",
  starved: "its main thread does not get a processor: others have them",
  blocked: "its main thread waits in a system call or for a lock",
  stopped: "its process was stopped, by a signal or a debugger",
  silent: "its main thread does not answer, and nothing tells why",
};

/** Of one that runs. `worker`: of this server; undefined: it is another's. */
export function whyRuns(
  { startedAt, submittedAt, holder }: TaskRecord,
  worker: WorkerStatus | undefined,
  usual: Usual,
  now: number,
): string[] {
  const since = worker?.taskSince ?? startedAt ?? submittedAt;
  const ranMs = Math.max(0, now - since);
  const at =
    worker === undefined
      ? holder === null
        ? ""
        : `, held by ${holder}`
      : ` on worker ${worker.id} (${worker.tier})`;
  const health =
    worker?.health === null || worker === undefined
      ? undefined
      : HEALTH_WORDS[worker.health];
  return [
    `it has run for ${durationInWords(ranMs)}${at}`,
    ...besideUsual("run", ranMs, usual.runMs, true),
    ...(health === undefined ? [] : [health]),
    ...(startedAt === null || startedAt - submittedAt < 1_000
      ? []
      : [`it had waited ${durationInWords(startedAt - submittedAt)} before`]),
  ];
}

/** Of one that has ended. */
export function whySlow(
  { execution, result, state }: TaskRecord,
  usual: Usual,
): string[] {
  const error =
    result !== null && "error" in result
      ? [`${state}: ${result.error.code}, ${result.error.message}`]
      : [];
  if (execution === null)
    return [...error, `it ended ${state} and never came to a worker`];
  return [...error, ...shares(execution, usual), ...whereAndWhy(execution)];
}

function shares(execution: Execution, usual: Usual): string[] {
  const { waitMs, startMs, runMs } = execution;
  const allMs = waitMs + startMs + runMs;
  const parts = CLOCKS.map(
    ([name, clock]) =>
      `${name} ${duration(execution[clock])}${allMs === 0 ? "" : ` (${Math.round((100 * execution[clock]) / allMs)}%)`}`,
  );
  return [
    `${duration(allMs)} in all: ${parts.join(", ")}`,
    ...CLOCKS.flatMap(([name, clock]) =>
      besideUsual(name, execution[clock], usual[clock], false),
    ),
  ];
}

/** Only where it is off: beyond what 19 of 20 take. */
function besideUsual(
  name: string,
  ms: number,
  usual: readonly number[],
  goesOn: boolean,
): string[] {
  if (usual.length < FEW) return [];
  const p50 = percentile(usual, 0.5);
  const p95 = percentile(usual, 0.95);
  const words = `half of the last ${usual.length} of its kind took ${duration(p50)} or less, 19 of 20 took ${duration(p95)} or less`;
  if (ms > p95 && ms - p95 > 1)
    return [
      `its ${name} time is unusually long${goesOn ? " by now" : ""}: ${words}`,
    ];
  return name === "run" ? [`its run time is as usual: ${words}`] : [];
}

function whereAndWhy({
  worker,
  tier,
  decision,
  deaths = 0,
}: Execution): string[] {
  return [
    `it ran on ${worker}, which was ${tier}: ${TIER_WORDS[tier]}`,
    decision === null || decision === undefined
      ? "no choice of a worker is recorded: it joined others of its kind, or an older version ran it"
      : `it went to ${explainDecision(decision)}`,
    ...(deaths === 0 ? [] : [`${deaths} of its workers died under it`]),
  ];
}
