/**
 * What second runs would do to a stream of tasks, simulated: the hedging and the learner of limits are the
 * real ones, the pool is a pretended one, and how long runs take is drawn.
 */

import { PLAIN_TERMS } from "../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../flow-balancer/core/task.ts";
import { Hedging } from "../flow-balancer/hedging.ts";
import { LiveTask } from "../flow-balancer/live-task.ts";
import { KindRegistry } from "../flow-balancer/pool/kind-registry.ts";
import type { PoolTask } from "../flow-balancer/pool/pool-task.ts";
import { DeadlineLearner } from "../orchestrator/learning/deadline-learner.ts";
import { PretendPool } from "./pretend-pool.ts";
import { seededRandom } from "./seeded-random.ts";

const SEED = 20_261_121;
const WORKERS = 8;
/** Median of a run that is not slow, ms, and the spread of its logarithm. */
const RUN_MS = 100;
const SPREAD = 0.3;
/** So many take so many times as long. */
const SLOW_SHARE = 0.03;
const SLOW_TIMES = 10;
const LIMITS = {
  missesPerThousand: 10,
  // As low as it may be: what hedging does to learned limits is to show.
  minMs: 100,
  maxMs: 3_600_000,
  defaultMs: 300_000,
};

interface World {
  /** `run`: a run is slow by chance, and a second one likely is not; `input`: a task is slow, however often it is run. */
  readonly slowBy: "run" | "input";
  /** Of what the workers could do, without second runs: tasks come at random, so many at each part of the stream. */
  readonly loads: readonly number[];
  readonly tasks: number;
}

/** Of so many tasks each. */
export const hedgingWorlds = (
  tasks: number,
): readonly { readonly name: string; readonly world: World }[] =>
  (["run", "input"] as const).flatMap((slowBy) =>
    [[0.3], [0.6], [0.85], [0.3, 0.85]].map((loads) => ({
      name: `slow by ${slowBy === "run" ? "chance" : "input"}, load ${loads.join(" then ")}`,
      world: { slowBy, loads, tasks },
    })),
  );

interface Simulated {
  /** From arrival to end, ms, of the tasks that completed. */
  readonly ms: readonly number[];
  /** Ended by a limit. */
  readonly killed: number;
  readonly begun: number;
  readonly won: number;
  /** Of all workers, ms. */
  readonly busyMs: number;
}

export async function simulate(
  { slowBy, loads, tasks }: World,
  isOn: boolean,
): Promise<Simulated> {
  const planned = plan(tasks, loads);
  const luck = seededRandom(SEED + 1);
  const seen = new Set<string>();
  const pool = new PretendPool(WORKERS, ({ id, inputJson }) => {
    const it = planned[Number(inputJson)];
    if (it === undefined) throw new Error(`no task ${inputJson}`);
    const { ms, isSlow } = it;
    const isSecond = seen.has(id);
    seen.add(id);
    const slow = isSecond && slowBy === "run" ? luck() < SLOW_SHARE : isSlow;
    return slow ? SLOW_TIMES * ms : ms;
  });
  const learner = new DeadlineLearner(LIMITS);
  const told = { begun: 0, won: 0 };
  const hedging = new Hedging({
    env: pool.env,
    pool: pool.asPool,
    afterMs: (kind, bucket) => learner.longRunMs(kind, bucket),
    log: (_, event) => void told[event === "hedge.won" ? "won" : "begun"]++,
  });
  const ms: number[] = [];
  let killed = 0;
  for (const [at, { comesAt }] of planned.entries())
    pool.env.timer(comesAt, () => {
      const [live, task] = taskOf(at, learner);
      const run = isOn
        ? hedging.run(live, KIND, task, {})
        : pool.asPool.run(task);
      void run.done.then(({ result, execution }) => {
        const { status: state } = result;
        if (state === "completed") ms.push(pool.env.mono() - comesAt);
        else killed++;
        const runMs = execution?.runMs ?? null;
        learner.observe({
          kind: "k",
          bucket: "",
          state,
          runMs,
          hasBeats: false,
        });
      });
    });
  await pool.finish();
  return { ms, killed, ...told, busyMs: pool.busyMs };
}

const KIND = new KindRegistry(
  [
    {
      name: "k",
      path: "/k.ts",
      description: null,
      effects: "none",
      concurrency: null,
      inFlight: 1,
      timeoutMs: null,
      memoryMb: null,
      capabilities: [],
      env: {},
    },
  ],
  LIMITS.defaultMs,
).get("k");

function taskOf(at: number, learner: DeadlineLearner): [LiveTask, PoolTask] {
  const id = `task_${at}`;
  const inputJson = String(at);
  const of = { id, kind: "k", inputJson, session: null, timeoutMs: null };
  const record = of as unknown as TaskRecord;
  const limits = () => ({ timeoutMs: learner.limit("k", "").softMs });
  return [
    new LiveTask(record, PLAIN_TERMS, 0),
    { ...of, priority: 0, limits } as unknown as PoolTask,
  ];
}

interface Planned {
  readonly comesAt: number;
  readonly ms: number;
  readonly isSlow: boolean;
}

/** The same for both ways. */
function plan(tasks: number, loads: readonly number[]): Planned[] {
  const chance = seededRandom(SEED);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  const meanMs =
    RUN_MS * Math.exp(SPREAD ** 2 / 2) * (1 + SLOW_SHARE * (SLOW_TIMES - 1));
  let comesAt = 0;
  return Array.from({ length: tasks }, (_, at) => {
    const load = loads[Math.floor((at / tasks) * loads.length)] ?? 0;
    comesAt += (-Math.log(1 - chance()) * meanMs) / (WORKERS * load);
    const ms = RUN_MS * Math.exp(SPREAD * normal());
    return { comesAt, ms, isSlow: chance() < SLOW_SHARE };
  });
}
