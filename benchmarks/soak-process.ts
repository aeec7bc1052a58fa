/**
 * A server process that lives long: very many tasks, then very many workers. Started with its order
 * as JSON, it prints one line of findings. Every answer is checked.
 */

import { heldNow, type Held } from "./held-by-process.ts";
import { MANY_IN_FLIGHT, moduleKind } from "./own-pool.ts";
import { WatchedPool } from "./watched-pool.ts";

export interface SoakOrder {
  readonly tasks: number;
  readonly tasksPerLook: number;
  readonly lifetimes: number;
  readonly lifetimesPerLook: number;
}

export interface Look extends Held {
  /** Tasks or workers so far. */
  readonly done: number;
}

export interface SoakFindings {
  readonly tasks: readonly Look[];
  readonly tasksPerSecond: number;
  readonly lifetimes: readonly Look[];
  readonly lifetimesPerSecond: number;
}

const WORKERS = 2;
const QUIET_MS = 10_000;

let serial = 0;

async function checked(own: WatchedPool, inFlight: number): Promise<void> {
  const input = ++serial;
  const { result } = await own.submit(moduleKind("double", inFlight), input)
    .done;
  if (result.status !== "completed")
    throw new Error(`a task ${result.status}: ${result.error.message}`);
  if (result.valueJson !== String(2 * input))
    throw new Error(`2 x ${input} was ${result.valueJson}`);
}

async function inLoops(
  callers: number,
  next: () => Promise<boolean>,
): Promise<void> {
  const caller = async (): Promise<void> => {
    while (await next());
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

async function manyTasks({ tasks, tasksPerLook }: SoakOrder): Promise<Look[]> {
  await using own = new WatchedPool({
    maxWorkers: WORKERS,
    spareWorkers: WORKERS,
  });
  await own.idle(WORKERS);
  await checked(own, MANY_IN_FLIGHT);
  const looks: Look[] = [{ done: 0, ...heldNow() }];
  let begun = 0;
  let done = 0;
  await inLoops(MANY_IN_FLIGHT, async () => {
    if (begun++ >= tasks) return false;
    await checked(own, MANY_IN_FLIGHT);
    if (++done % tasksPerLook === 0) looks.push({ done, ...heldNow() });
    return true;
  });
  return looks;
}

async function manyLifetimes({
  lifetimes,
  lifetimesPerLook,
}: SoakOrder): Promise<Look[]> {
  let ended = 0;
  let isOver = false;
  await using own = new WatchedPool({
    maxWorkers: WORKERS,
    spareWorkers: WORKERS,
    maxTasksPerWorker: 1,
    onEvent: ({ type }) => {
      if (type !== "worker.exited" || isOver) return;
      ended++;
      if (ended % lifetimesPerLook === 0)
        looks.push({ done: ended, ...heldNow() });
    },
  });
  await own.idle(WORKERS);
  const looks: Look[] = [{ done: 0, ...heldNow() }];
  await inLoops(WORKERS, async () => {
    if (ended >= lifetimes) return false;
    await checked(own, 1);
    return true;
  });
  await own.idle(WORKERS, QUIET_MS);
  // As many workers as at the start; when the pool is closed they end too.
  isOver = true;
  looks.push({ done: ended, ...heldNow() });
  return looks;
}

async function timed(
  work: () => Promise<Look[]>,
): Promise<{ looks: Look[]; perSecond: number }> {
  const startedAt = performance.now();
  const looks = await work();
  const seconds = (performance.now() - startedAt) / 1_000;
  return { looks, perSecond: (looks.at(-1)?.done ?? 0) / seconds };
}

const order = JSON.parse(process.argv[2] ?? "{}") as SoakOrder;
const tasks = await timed(() => manyTasks(order));
const lifetimes = await timed(() => manyLifetimes(order));
const found: SoakFindings = {
  tasks: tasks.looks,
  tasksPerSecond: tasks.perSecond,
  lifetimes: lifetimes.looks,
  lifetimesPerSecond: lifetimes.perSecond,
};
await Bun.write(Bun.stdout, `${JSON.stringify(found)}\n`);
