import { describe, expect, test } from "bun:test";
import type { FromWorker } from "../../flow-balancer/worker/protocol.ts";
import { codeOf, messageOf } from "../support/pool-under-test.ts";
import { SimulatedPool, type Watched } from "../support/simulated-pool.ts";

const SOFT_MS = 10_000;
const soft = { timeoutMs: SOFT_MS, maxTimeoutMs: 4 * SOFT_MS };

async function begun(
  limits: { timeoutMs: number; maxTimeoutMs?: number } = soft,
): Promise<{ it: SimulatedPool; task: Watched }> {
  const it = new SimulatedPool({ maxWorkers: 1 });
  const task = it.run(limits);
  await it.untilBegun(task);
  return { it, task };
}

const heartbeat = (job: number): FromWorker => ({ type: "heartbeat", job });

describe("a task with a first and a last limit", () => {
  test.each<[string, (job: number) => FromWorker]>([
    ["says that it lives", heartbeat],
    ["logs", (job) => ({ type: "log", job, message: "m" })],
    [
      "prints",
      (job) => ({ type: "output", job, text: "", bytes: 1, stray: false }),
    ],
    [
      "says how far it is",
      (job) => ({ type: "progress", job, done: 1, total: null, message: null }),
    ],
  ])("that %s goes on to its end", async (_, sign) => {
    const { it, task } = await begun();
    for (let n = 0; n < 35; n++) {
      task.say(sign);
      await it.pass(1_000);
    }
    task.finish(35_000);
    await it.pass(0);
    expect(task.outcome!.result.status).toBe("completed");
    expect(task.execution).toMatchObject({ runMs: 35_000, beats: true });
  });

  test.each<[string, (job: number) => FromWorker]>([
    ["whose worker says that it turns", () => ({ type: "turning" })],
    [
      "beside which something nobody knows prints",
      (job) => ({ type: "output", job, text: "x", bytes: 1, stray: true }),
    ],
    ["that looks at its session", (job) => ({ type: "bound", job })],
  ])("%s, and says nothing, ends at the first", async (_, said) => {
    const { it, task } = await begun();
    for (let n = 0; n < 9; n++) {
      task.say(said);
      await it.pass(1_000);
    }
    await it.pass(999);
    expect(task.outcome).toBeNull();
    await it.pass(60);
    expect(codeOf(task.outcome!)).toBe("TASK_TIMEOUT");
    expect(messageOf(task.outcome!)).toStartWith(
      `the task ran longer than its limit of ${SOFT_MS} ms and gave no sign of life`,
    );
    expect(task.execution.beats).toBe(false);
  });

  test("that falls silent ends at the next look, and is told for how long it was", async () => {
    const { it, task } = await begun();
    await it.pass(9_000);
    task.say(heartbeat);
    await it.pass(2_000);
    expect(task.outcome).toBeNull();
    await it.pass(9_100);
    expect(messageOf(task.outcome!)).toMatch(
      /limit of 10000 ms and gave no sign of life for 1100\d ms/,
    );
    expect(task.execution.beats).toBe(true);
    expect(task.execution.runMs).toBeWithin(20_000, 20_005);
  });

  test("ends at the last however alive it is", async () => {
    const { it, task } = await begun();
    for (let n = 0; n < 40; n++) {
      task.say(heartbeat);
      await it.pass(1_000);
    }
    await it.pass(60);
    expect(messageOf(task.outcome!)).toStartWith(
      "the task ran longer than the 40000 ms that a task which gives signs of life may take",
    );
    expect(task.execution).toMatchObject({ beats: true });
    expect(task.execution.runMs).toBeWithin(40_000, 40_005);
  });

  test("that was only heard late goes on", async () => {
    const { it, task } = await begun();
    // As if our own event loop had been held up: what it said is read in the turn after the look.
    it.clock.timer(SOFT_MS, () => task.say(heartbeat));
    await it.pass(SOFT_MS + 1_000);
    expect(task.outcome).toBeNull();
    task.finish(SOFT_MS + 1_000);
    await it.pass(0);
    expect(task.outcome!.result.status).toBe("completed");
  });
});

test("a limit is asked for as the run begins: by then more may be known", async () => {
  const it = new SimulatedPool({ maxWorkers: 1 });
  let now = 60_000;
  const limits = () => ({ timeoutMs: now });
  const first = it.run({ timeoutMs: 1, limits });
  const second = it.run({ timeoutMs: 1, limits });
  await it.untilBegun(first);
  now = 500;
  await it.pass(30_000);
  expect(first.outcome).toBeNull();
  first.finish(30_000);
  await it.untilBegun(second);
  await it.pass(600);
  expect(messageOf(second.outcome!)).toContain("longer than its 500 ms");
  expect(second.execution.runMs).toBeWithin(500, 505);
});

describe("no sign of a run is what came", () => {
  const SILENT = `the task ran longer than its limit of ${SOFT_MS} ms and gave no sign of life; it stopped`;

  test("while its kind was loaded", async () => {
    const it = new SimulatedPool({ maxWorkers: 1 }, { loadMs: 300 });
    const task = it.run(soft);
    await it.pass(200);
    const [worker] = it.workers;
    const [run] = [...worker!.runs.values()];
    worker!.say(heartbeat(run!.job));
    await it.untilBegun(task);
    await it.pass(SOFT_MS + 60);
    expect(messageOf(task.outcome!)).toStartWith(SILENT);
  });

  test("of a worker that died under it", async () => {
    const { it, task } = await begun();
    await it.pass(9_000);
    task.say(heartbeat);
    await it.pass(0);
    task.worker.die({ exitCode: 1, signal: null });
    await it.untilBegun(task, 2);
    await it.pass(SOFT_MS - 10);
    expect(task.outcome).toBeNull();
    await it.pass(70);
    expect(messageOf(task.outcome!)).toStartWith(SILENT);
    expect(task.execution.beats).toBe(false);
  });
});

describe("a task with one limit", () => {
  test("ends there, in the words there always were, whatever it says", async () => {
    const { it, task } = await begun({ timeoutMs: SOFT_MS });
    for (let n = 0; n < 10; n++) {
      task.say(heartbeat);
      await it.pass(1_000);
    }
    await it.pass(60);
    expect(task.outcome!.result).toMatchObject({
      status: "timed_out",
      error: {
        code: "TASK_TIMEOUT",
        message: `the task ran longer than its ${SOFT_MS} ms; it stopped when asked to`,
        hint: "Give a larger timeout_ms, or split the work.",
      },
    });
  });
});

test("a worker without a status page works as long as it says that it turns, whatever its task says", async () => {
  const { it, task } = await begun({ timeoutMs: 600_000 });
  const health = () => it.pool.status().workers[0]!.health;
  for (let n = 0; n < 5; n++) {
    task.say(() => ({ type: "turning" }));
    await it.pass(5_000);
  }
  expect(health()).toBe("working");
  for (let n = 0; n < 5; n++) {
    task.say(heartbeat);
    await it.pass(5_000);
  }
  expect(health()).toBe("silent");
});
