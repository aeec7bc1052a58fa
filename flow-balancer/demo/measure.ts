/**
 * The measurement: the same batch on a server with all workers and on one with a single worker, warmed
 * up alike, taking turns. Both servers and their folder are gone when it ends, however it ends.
 */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BalancerError } from "../core/errors.ts";
import {
  analyseTask,
  batchTasks,
  type BatchTask,
  describeTask,
  type TaskAnswer,
  type Work,
} from "./batch.ts";
import { type BatchRun, DemoServer } from "./demo-server.ts";
import type { Progress } from "./progress-bar.ts";

export interface Measured {
  readonly workers: number;
  readonly protocol: string;
  /** Answers of the warm-up on the server with all workers. */
  readonly warmUp: readonly TaskAnswer[];
  /** In the order they were made: one with all workers, one with a single worker, and so on. */
  readonly parallel: readonly BatchRun[];
  readonly single: readonly BatchRun[];
}

/** So that one hiccup of the machine does not decide, as long as all rounds together stay within the budget. */
const MAX_ROUNDS = 3;
const BUDGET_MS = 10_000;

/** Throws TASK_THREW if any task did not complete, and with the signal's reason once it fires. */
export async function measure(
  work: Work,
  workers: number,
  signal: AbortSignal,
  progress: Progress,
): Promise<Measured> {
  const folder = realpathSync(
    mkdtempSync(join(tmpdir(), "flow-balancer-demo-")),
  );
  const servers: DemoServer[] = [];
  const start = async (count: number): Promise<DemoServer> => {
    const server = await DemoServer.start({
      folder: join(folder, String(servers.length)),
      repo: work.root,
      workers: count,
      signal,
    });
    servers.push(server);
    return server;
  };
  try {
    progress.begin("starting two servers");
    const many = await start(workers);
    const one = await start(1);
    progress.begin("warming up");
    const typical = work.files[Math.floor(work.files.length / 2)];
    const task = analyseTask(work.root, typical?.path ?? "");
    const warmUp = await warmUpWith(many, task);
    await warmUpWith(one, task);
    const runs = await takeTurns(many, one, batchTasks(work), progress);
    return { workers, protocol: many.protocol, warmUp, ...runs };
  } finally {
    await Promise.all(servers.map((server) => server.close()));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function warmUpWith(
  server: DemoServer,
  task: BatchTask,
): Promise<TaskAnswer[]> {
  const answers = await server.warmUp(task);
  assertCompleted(
    answers.map(() => task),
    answers,
  );
  return answers;
}

async function takeTurns(
  many: DemoServer,
  one: DemoServer,
  tasks: readonly BatchTask[],
  progress: Progress,
): Promise<Pick<Measured, "parallel" | "single">> {
  const turn = async (server: DemoServer, round: number): Promise<BatchRun> => {
    const workers = `${server.workers} worker${server.workers === 1 ? "" : "s"}`;
    progress.begin(`${workers}, run ${round}`);
    const run = await server.runBatch(tasks, (done, total) =>
      progress.report(done, total),
    );
    // The last notification may be overtaken by the answer.
    progress.report(run.answers.length, tasks.length);
    assertCompleted(tasks, run.answers);
    return run;
  };
  const parallel: BatchRun[] = [];
  const single: BatchRun[] = [];
  let spentMs = 0;
  let roundMs = 0;
  for (
    let round = 1;
    round === 1 || (round <= MAX_ROUNDS && spentMs + roundMs <= BUDGET_MS);
    round++
  ) {
    const runs = [await turn(many, round), await turn(one, round)] as const;
    parallel.push(runs[0]);
    single.push(runs[1]);
    roundMs = runs[0].makespanMs + runs[1].makespanMs;
    spentMs += roundMs;
  }
  return { parallel, single };
}

const MAX_FAILURES_SHOWN = 5;

function assertCompleted(
  tasks: readonly BatchTask[],
  answers: readonly TaskAnswer[],
): void {
  const failures = answers.flatMap(({ status, error }, index) =>
    status === "completed"
      ? []
      : [
          `${describeTask(tasks[index])}: ${status}, ${error?.code ?? "no error given"}: ${error?.message ?? ""}`,
        ],
  );
  if (failures.length === 0 && answers.length === tasks.length) return;
  throw new BalancerError(
    "TASK_THREW",
    [
      `${failures.length} of ${tasks.length} tasks did not complete (${answers.length} answers)`,
      ...failures.slice(0, MAX_FAILURES_SHOWN),
    ].join("\n  "),
  );
}
