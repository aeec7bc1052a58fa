import { describe, expect, test } from "bun:test";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { kindOf } from "../model/pool-commands.ts";
import { SETTINGS } from "../model/pool-play.ts";
import { codeOf } from "../support/pool-under-test.ts";
import { LOAD_MS, SimulatedPool } from "../support/simulated-pool.ts";

const DEAF = { stopMs: Number.POSITIVE_INFINITY };
const ONE = { maxWorkers: 1 };
const LIMIT_MS = 1_000;
const limited = { timeoutMs: LIMIT_MS };

describe("the run time of a task that was ended is the time until it was told to end", () => {
  test.each([
    ["stops when told", { stopMs: 100 }],
    ["has to be killed", DEAF],
  ])("where it %s", async (_, how) => {
    const it = new SimulatedPool(ONE, how);
    const task = it.run(limited);
    await it.untilBegun(task);
    await it.pass(LIMIT_MS + SETTINGS.cancelGraceMs + 10);
    expect(codeOf(task.outcome!)).toBe("TASK_TIMEOUT");
    expect(task.execution.runMs).toBeWithin(LIMIT_MS, LIMIT_MS + 2);
    expect(task.execution.startMs).toBe(LOAD_MS);
  });

  test("where somebody cancelled it", async () => {
    const it = new SimulatedPool(ONE, DEAF);
    const task = it.run(limited);
    await it.untilBegun(task);
    await it.pass(300);
    task.poolRun!.cancel();
    await it.pass(SETTINGS.cancelGraceMs + 10);
    expect(codeOf(task.outcome!)).toBe("CANCELLED");
    expect(task.execution.runMs).toBeWithin(300, 302);
  });

  test("but what completed all the same has its own", async () => {
    const it = new SimulatedPool(ONE, DEAF);
    const task = it.run(limited);
    await it.untilBegun(task);
    await it.pass(LIMIT_MS + 5);
    task.finish(LIMIT_MS + 3);
    await it.pass(0);
    expect(task.outcome!.result.status).toBe("completed");
    expect(task.execution.runMs).toBe(LIMIT_MS + 3);
  });
});

describe("neither waiting nor loading is run time", () => {
  test("of a task that waited for its worker, and timed out", async () => {
    const it = new SimulatedPool(ONE);
    const first = it.run({ timeoutMs: 60_000 });
    await it.untilBegun(first);
    const second = it.run(limited);
    await it.pass(5_000);
    first.finish(5_000);
    await it.untilBegun(second);
    await it.pass(LIMIT_MS + 100);
    const { waitMs, startMs, runMs } = second.execution;
    expect(waitMs).toBeGreaterThanOrEqual(5_000);
    expect(startMs).toBe(0);
    expect(runMs).toBeWithin(LIMIT_MS, LIMIT_MS + 2);
  });

  test("where loading takes longer than it may run", async () => {
    const loadMs = 400;
    const it = new SimulatedPool(ONE, { loadMs });
    const task = it.run({ timeoutMs: 100 });
    await it.untilBegun(task);
    await it.pass(200);
    expect(task.execution.startMs).toBe(loadMs);
    expect(task.execution.runMs).toBeWithin(100, 102);
  });

  test("where loading never ends", async () => {
    const it = new SimulatedPool(ONE, { loadMs: 100_000 });
    const task = it.run(limited);
    await it.pass(100);
    const expectedMs = it.pool.startMs("plain");
    await it.pass(2_000);
    expect(codeOf(task.outcome!)).toBe("START_TIMEOUT");
    const { startMs, runMs } = task.execution;
    expect(runMs).toBe(0);
    expect(startMs).toBeGreaterThanOrEqual(SETTINGS.startTimeoutMs);
    // How long the kind takes to load is as unknown as before.
    expect(it.pool.startMs("plain")).toBe(expectedMs);
  });

  test("where it is cancelled while its kind is loaded", async () => {
    const it = new SimulatedPool(ONE, { loadMs: 300 });
    const task = it.run(limited);
    await it.pass(40 + 100);
    task.poolRun!.cancel();
    await it.pass(SETTINGS.cancelGraceMs + 300);
    expect(codeOf(task.outcome!)).toBe("CANCELLED");
    expect(task.execution).toMatchObject({ runMs: 0 });
    expect(task.execution.startMs).toBeWithin(95, 105);
  });

  test("where the kind cannot be loaded, whatever its worker reports", async () => {
    const it = new SimulatedPool(ONE, { loadMs: 100_000 });
    const task = it.run(limited);
    await it.pass(100);
    const [worker] = it.workers;
    const [run] = [...worker!.runs.values()];
    const error = wireError("MODULE_IMPORT", "it threw");
    worker!.answer(run!, { status: "failed", error, valueJson: null }, 55);
    await it.pass(0);
    expect(codeOf(task.outcome!)).toBe("MODULE_IMPORT");
    expect(task.execution).toMatchObject({ startMs: 55, runMs: 0 });
  });

  test("of the worker that died before", async () => {
    const it = new SimulatedPool({ maxWorkers: 2 });
    const first = it.run({ timeoutMs: 60_000 });
    const second = it.run(limited);
    await it.untilBegun(first);
    await it.untilBegun(second);
    await it.pass(700);
    first.finish(700);
    await it.pass(1);
    second.worker.die({ exitCode: 1, signal: null });
    await it.untilBegun(second, 2);
    expect(second.worker).toBe(first.worker);
    await it.pass(LIMIT_MS + 100);
    const { startMs, runMs } = second.execution;
    expect(startMs).toBe(0);
    expect(runMs).toBeWithin(LIMIT_MS, LIMIT_MS + 2);
  });

  test("of a task whose worker died, and that nobody took again", async () => {
    const it = new SimulatedPool(ONE);
    const task = it.run({ timeoutMs: 60_000 });
    await it.untilBegun(task);
    await it.pass(300);
    task.worker.die({ exitCode: 1, signal: null });
    // Its next worker is not ready yet.
    await it.pass(30);
    task.poolRun!.cancel();
    await it.pass(0);
    expect(codeOf(task.outcome!)).toBe("CANCELLED");
    expect(task.begun.length).toBe(1);
    expect(task.execution.runMs).toBeWithin(300, 302);
  });

  test("of a task whose worker died, on the next", async () => {
    const it = new SimulatedPool(ONE);
    const kind = { ...kindOf("plain"), memoryMb: 100 };
    const task = it.run({ timeoutMs: 60_000, kind });
    await it.untilBegun(task);
    await it.pass(300);
    task.worker.die({ exitCode: 1, signal: null });
    await it.untilBegun(task, 2);
    await it.pass(900);
    task.worker.grow(200);
    await it.pass(500);
    expect(codeOf(task.outcome!)).toBe("MEMORY_LIMIT");
    expect(task.execution.runMs).toBeWithin(900, 1_400);
  });
});
