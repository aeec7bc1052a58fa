import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { PoolOutcome } from "../flow-balancer/pool/pool-task.ts";
import { codeOf } from "./support/pool-under-test.ts";
import {
  AFTER_MS,
  type HedgedTask,
  HedgedPool,
  LIMIT_MS,
  nameOf,
} from "./support/hedged-pool.ts";

const newPool = (): HedgedPool =>
  new HedgedPool({ maxWorkers: 2, spareWorkers: 2 });

const valueOf = ({ result }: PoolOutcome): unknown =>
  result.status === "completed" ? JSON.parse(result.valueJson) : result.status;

const textOf = ({ live }: HedgedTask): string | undefined =>
  live.output()?.text;

describe("a run that takes long", () => {
  test("is overtaken by a second one on another worker, whose value, run time and output are the task's", async () => {
    const at = newPool();
    const task = await at.hedged();
    expect(task.second.worker).not.toBe(task.first.worker);
    at.says(task.first);
    await at.completes(task.second, 123);
    expect(valueOf(task.outcome!)).toBe(nameOf(task.second));
    expect(task.outcome!.execution).toMatchObject({
      runMs: 123,
      worker: task.second.worker.id,
    });
    expect(textOf(task)).toBe(nameOf(task.second));
    expect(task.told).toEqual(["begun", "won"]);
    expect(task.first.run.isCancelled).toBeTrue();
    await at.pass(1_000);
    expect([task.outcomes.length, at.pool.status().busy]).toEqual([1, 0]);
  });

  test("wins all the same if it is the first to complete: of the second nothing is seen", async () => {
    const at = newPool();
    const task = await at.hedged();
    at.says(task.second);
    await at.completes(task.first, 1_100);
    expect(valueOf(task.outcome!)).toBe(nameOf(task.first));
    expect(textOf(task)).toBe(nameOf(task.first));
    expect(task.told).toEqual(["begun"]);
    expect(task.second.run.isCancelled).toBeTrue();
    await at.pass(1_000);
    expect([task.outcomes.length, at.pool.status().busy]).toEqual([1, 0]);
  });

  test("has no second where that is not worth it, may not be, or it was over before", async () => {
    for (const [afterMs, may] of [
      [null, () => true],
      [AFTER_MS, () => false],
    ] as const) {
      const at = newPool();
      const task = await at.begun(afterMs, may);
      await at.pass(2 * AFTER_MS);
      expect(task.begun).toHaveLength(1);
    }
    const at = newPool();
    const task = await at.begun();
    await at.completes(task.first, 5);
    await at.pass(2 * AFTER_MS);
    expect([task.begun.length, task.told]).toEqual([1, []]);
  });

  test("is looked at again when it has taken twice as long, and again, where it may have no second yet", async () => {
    const looks: number[] = [];
    const at = newPool();
    at.pool.warm();
    await at.pass(1_000);
    const from = at.now + 120;
    const task = await at.begun(AFTER_MS, () => {
      looks.push(at.now - from);
      return looks.length === 3;
    });
    await at.pass(LIMIT_MS - 500);
    expect(looks).toEqual([AFTER_MS, 2 * AFTER_MS, 4 * AFTER_MS]);
    await at.completes(task.second, 7);
    expect(valueOf(task.outcome!)).toBe(nameOf(task.second));
  });

  test("is measured from the begin of its own time, on the worker that it is on", async () => {
    const at = newPool();
    const task = await at.begun();
    await at.pass(AFTER_MS - 100);
    task.first.worker.die({ exitCode: 1, signal: null });
    await at.pass(500);
    expect(task.begun).toHaveLength(2);
    expect(task.told).toEqual([]);
    await at.pass(AFTER_MS);
    expect(task.told).toEqual(["begun"]);
    await at.completes(task.begun[2]!, 7);
    expect(valueOf(task.outcome!)).toBe(nameOf(task.begun[2]!));
  });
});

describe("of two runs", () => {
  test.each(["first", "second"] as const)(
    "the %s that fails leaves it to the other",
    async (which) => {
      const at = newPool();
      const task = await at.hedged();
      await at.fails(task[which]);
      expect(task.outcome).toBeNull();
      const other = which === "first" ? task.second : task.first;
      await at.completes(other, 9);
      expect(valueOf(task.outcome!)).toBe(nameOf(other));
    },
  );

  test.each([
    ["first", "second"],
    ["second", "first"],
  ] as const)(
    "where both fail, the %s before the %s, the first one's failure is the outcome",
    async (one, other) => {
      const at = newPool();
      const task = await at.hedged();
      await at.fails(task[one]);
      await at.fails(task[other]);
      expect(codeOf(task.outcome!)).toBe("TASK_THREW");
      expect(JSON.stringify(task.outcome!.result)).toContain(
        nameOf(task.first),
      );
    },
  );

  test("each has the whole limit; where neither completes the first one's timeout is the outcome", async () => {
    const at = newPool();
    const task = await at.hedged();
    await at.pass(LIMIT_MS - AFTER_MS);
    expect(task.first.run.isCancelled).toBeTrue();
    expect(task.second.run.isCancelled).toBeFalse();
    expect(task.outcome).toBeNull();
    await at.pass(AFTER_MS + 200);
    expect(codeOf(task.outcome!)).toBe("TASK_TIMEOUT");
    expect(task.outcome!.execution!.worker).toBe(task.first.worker.id);
  });

  test("the worker of one that dies is no end: the other goes on, and it is run again", async () => {
    for (const which of ["first", "second"] as const) {
      const at = newPool();
      const task = await at.hedged();
      task[which].worker.die({ exitCode: 1, signal: null });
      await at.pass(500);
      expect(task.outcome).toBeNull();
      expect(task.begun).toHaveLength(3);
      await at.completes(task.begun[2]!, 3);
      expect(valueOf(task.outcome!)).toBe(nameOf(task.begun[2]!));
      await at.pass(1_000);
      expect(at.pool.status().busy).toBe(0);
    }
  });

  test("both are cancelled when the task is, and what completed before it heard of that counts", async () => {
    for (const crosses of [false, true]) {
      const at = newPool();
      const task = await at.hedged();
      task.cancel();
      if (crosses) task.second.worker.complete(task.second.run, '"made it"', 1);
      await at.pass(1_000);
      expect(valueOf(task.outcome!)).toBe(crosses ? "made it" : "cancelled");
      expect([task.outcomes.length, at.pool.status().busy]).toEqual([1, 0]);
    }
  });

  test("the one that goes on alone is cancelled when the task is, and so is the task, though the other had failed", async () => {
    for (const which of ["first", "second"] as const) {
      const at = newPool();
      const task = await at.hedged();
      await at.fails(task[which]);
      task.cancel();
      await at.pass(1_000);
      expect(valueOf(task.outcome!)).toBe("cancelled");
    }
  });

  test("one that is cancelled in time has no second", async () => {
    const at = newPool();
    const task = await at.begun();
    await at.pass(AFTER_MS - 10);
    task.cancel();
    await at.pass(AFTER_MS);
    expect([task.begun.length, task.told]).toEqual([1, []]);
  });
});

type Step =
  | readonly ["start"]
  | readonly ["completes" | "fails" | "crosses" | "dies" | "cancel", number]
  | readonly ["pass", number];

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant(["start"] as const),
  fc.tuple(
    fc.constantFrom(
      ...(["completes", "fails", "crosses", "dies", "cancel"] as const),
    ),
    fc.nat(9),
  ),
  fc.tuple(fc.constant("pass" as const), fc.constantFrom(10, 100, 600, 1_500)),
);

async function take(at: HedgedPool, step: Step): Promise<void> {
  const [what, n = 0] = step;
  if (what === "pass") return at.pass(n);
  if (what === "start") {
    // The pool may be full.
    if (at.tasks.length < 8) at.start();
    return at.pass(0);
  }
  const task = at.tasks[n % Math.max(1, at.tasks.length)];
  if (what === "cancel") {
    task?.cancel();
    return at.pass(0);
  }
  const begun = at.running[n % Math.max(1, at.running.length)];
  if (begun === undefined) return;
  if (what === "dies") begun.worker.die({ exitCode: 1, signal: null });
  else if (what === "crosses") {
    at.tasks.find((one) => one.begun.includes(begun))?.cancel();
    begun.worker.complete(begun.run, JSON.stringify(nameOf(begun)), 1);
  } else await at[what](begun, 1);
  return at.pass(0);
}

/** Whatever happened, it has one outcome, which one of its runs made; and nothing is left running. */
function check(task: HedgedTask): void {
  expect(task.outcomes).toHaveLength(1);
  const outcome = task.outcomes[0]!;
  const value = valueOf(outcome);
  const { status } = outcome.result;
  if (status === "completed") {
    expect(task.begun.map(nameOf)).toContain(String(value));
    const { worker } = task.begun.find((it) => nameOf(it) === value)!;
    expect(outcome.execution!.worker).toBe(worker.id);
  }
  if (status === "cancelled") expect(task.isCancelled).toBeTrue();
  else if (task.isCancelled) expect(status).toBe("completed");
  expect(task.told.join()).toMatch(/^(?:begun(?:,won)?)?$/);
}

test("whatever happens to the runs of a task, it has exactly one outcome, and none of them is left running", async () => {
  let seconds = 0;
  let won = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.constantFrom(1, 2, 4),
      fc.boolean(),
      async (steps, maxWorkers, closes) => {
        const at = new HedgedPool({ maxWorkers, spareWorkers: 1 });
        for (const one of steps) await take(at, one);
        let isClosed = false;
        if (closes) void at.pool.close(100).then(() => (isClosed = true));
        // Three deaths hold its like back for minutes.
        await at.pass(closes ? 10_000 : 1_000_000);
        expect(isClosed).toBe(closes);
        for (const task of at.tasks) check(task);
        expect(at.running).toEqual([]);
        seconds += at.tasks.filter(({ told }) => told.length > 0).length;
        won += at.tasks.filter(({ told }) => told.length > 1).length;
      },
    ),
    { numRuns: 150, seed: 20_261_121 },
  );
  // It did meet what it is about.
  expect(seconds).toBeGreaterThan(50);
  expect(won).toBeGreaterThan(10);
});
