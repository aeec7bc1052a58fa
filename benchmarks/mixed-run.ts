/** One run of the mixed workload: on our pool with its tiers, or on the same pool used as a plain one. */

import type { PoolRun } from "../flow-balancer/pool/pool-task.ts";
import type { MixedTask } from "./mixed-workload.ts";
import { moduleKind, OwnPool, valueOf } from "./own-pool.ts";
import { pssMb } from "./process-memory.ts";

export interface MixedRun {
  /** One a task, from submit to value, ms. */
  readonly latencies: readonly number[];
  /** Of those, the tasks in a session. */
  readonly sessionLatencies: readonly number[];
  /** Of the tasks in a session, those that found their session's worker; NaN where sessions have none. */
  readonly hotShare: number;
  readonly perSecond: number;
  /** Of all worker processes at the end, MiB. */
  readonly memoryMb: number;
}

export interface MixedLoad {
  readonly tasks: Iterator<MixedTask, never>;
  readonly workers: number;
  /** How long tasks are submitted. */
  readonly ms: number;
}

type Submit = (own: OwnPool, task: MixedTask) => PoolRun;

/** As many clients, each with one call at a time. */
const CLIENTS = 4;
const EVERYTHING = moduleKind("everything");
const KINDS = {
  echo: moduleKind("echo"),
  "mcp-sdk": moduleKind("mcp-sdk"),
  "count-tokens": moduleKind("count-tokens"),
};

/** Kinds apart, sessions bound to their workers, one process ready for what comes. */
export const runOnTiers = (load: MixedLoad): Promise<MixedRun> =>
  mixedRun(load, 1, (own, { kind, session, serial }) =>
    own.submit(KINDS[kind], JSON.stringify(inputOf(serial)), { session }),
  );

/** One kind with everything loaded, no session told, all processes there from the start. */
export const runOnPlainPool = (load: MixedLoad): Promise<MixedRun> =>
  mixedRun(load, load.workers, (own, { kind, session, serial }) =>
    own.submit(
      EVERYTHING,
      JSON.stringify({ kind, session, input: inputOf(serial) }),
    ),
  );

const inputOf = (serial: number): object => ({ serial, text: "the quick" });

async function mixedRun(
  { tasks, workers, ms }: MixedLoad,
  spareWorkers: number,
  submit: Submit,
): Promise<MixedRun> {
  await using own = new OwnPool({ workers, spareWorkers });
  await own.warm(spareWorkers);
  const latencies: number[] = [];
  const sessionLatencies: number[] = [];
  let hot = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      const task = tasks.next().value;
      const submittedAt = performance.now();
      const outcome = await submit(own, task).done;
      const value = valueOf(outcome) as { serial?: number };
      const latency = performance.now() - submittedAt;
      if (value.serial !== task.serial)
        throw new Error(
          `task ${task.serial} answered ${JSON.stringify(value)}`,
        );
      latencies.push(latency);
      if (task.session === null) continue;
      sessionLatencies.push(latency);
      if (outcome.execution?.tier === "hot") hot++;
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const perSecond =
    (1_000 * latencies.length) / (performance.now() - startedAt);
  const pids = own.pool
    .status()
    .workers.filter(({ state }) => state === "idle" || state === "busy")
    .map(({ pid }) => pid);
  return {
    latencies,
    sessionLatencies,
    hotShare: hot / sessionLatencies.length,
    perSecond,
    memoryMb: pssMb(pids),
  };
}
