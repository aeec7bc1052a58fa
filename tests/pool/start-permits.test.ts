import { describe, expect, test } from "bun:test";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { MultiTierPoolManager } from "../../flow-balancer/pool/multi-tier-pool-manager.ts";
import type {
  PoolOutcome,
  PoolTask,
} from "../../flow-balancer/pool/pool-task.ts";
import { kindOf } from "../model/pool-commands.ts";
import { SETTINGS } from "../model/pool-play.ts";
import { SimulatedFloor } from "../model/simulated-floor.ts";
import type {
  SimulatedRun,
  SimulatedWorker,
} from "../model/simulated-worker.ts";
import { codeOf, messageOf } from "../support/pool-under-test.ts";

/** One worker, a task that has to be allowed, and what came of it. */
class Desk {
  /** The runs that workers were given, and those they began. */
  readonly given: string[] = [];
  readonly running: [SimulatedWorker, SimulatedRun][] = [];
  readonly floor = new SimulatedFloor({
    spawnMs: 40,
    loadMs: 20,
    given: (_, { taskId }) => void this.given.push(taskId),
    running: (worker, run) => void this.running.push([worker, run]),
  });
  readonly pool: MultiTierPoolManager;
  readonly asks: PromiseWithResolvers<boolean>[] = [];
  started = 0;
  outcome: PoolOutcome | null = null;
  #serial = 0;

  constructor(settings: Partial<typeof SETTINGS> = {}) {
    this.pool = new MultiTierPoolManager(
      this.floor.options({ ...SETTINGS, maxWorkers: 1, ...settings }),
    );
  }

  run(kind: string, more: Partial<PoolTask> = {}) {
    const task: PoolTask = {
      id: `task_${++this.#serial}` as TaskId,
      kind: kindOf(kind),
      attempt: 1,
      inputJson: "1",
      session: null,
      priority: 0,
      timeoutMs: 100,
      ...more,
    };
    return this.pool.run(task, { started: () => void this.started++ });
  }

  /** Up to where it has been asked for. */
  async asked(kind = "once", more: Partial<PoolTask> = {}) {
    const run = this.run(kind, {
      mayStart: () => {
        const ask = Promise.withResolvers<boolean>();
        this.asks.push(ask);
        return ask.promise;
      },
      ...more,
    });
    void run.done.then((outcome) => (this.outcome = outcome));
    await this.pass(60);
    expect([this.asks.length, this.given, this.started]).toEqual([1, [], 0]);
    return run;
  }

  async pass(ms: number): Promise<void> {
    // What a promise set off is sent in the next turn.
    await this.floor.settle();
    await this.floor.settle();
    await this.floor.advance(ms);
    await this.floor.settle();
  }

  /** The only worker takes another task. */
  async serves(): Promise<boolean> {
    const { length } = this.running;
    this.run("plain");
    await this.pass(60);
    return this.running.length === length + 1;
  }

  finish(): void {
    const [worker, run] = this.running.at(-1)!;
    worker.complete(run, '"done"', 1);
  }

  get worker(): SimulatedWorker {
    return [...this.floor.workers][0]!;
  }
}

describe("a task that has to be allowed to start", () => {
  test("is sent once it is, and its time and its wait are counted from there", async () => {
    const desk = new Desk();
    await desk.asked();
    await desk.pass(5_000);
    expect([desk.given, desk.outcome]).toEqual([[], null]);
    desk.asks[0]!.resolve(true);
    await desk.pass(50);
    expect([desk.given, desk.started]).toEqual([["task_1"], 1]);
    desk.finish();
    await desk.pass(0);
    expect(desk.outcome!.result.status).toBe("completed");
    expect(desk.outcome!.execution!.waitMs).toBeGreaterThan(5_000);
    expect(desk.outcome!.execution!.runMs).toBeLessThan(100);
  });

  test("runs no longer than it may from when it was sent", async () => {
    const desk = new Desk();
    await desk.asked();
    await desk.pass(1_000);
    desk.asks[0]!.resolve(true);
    await desk.pass(20 + 90);
    expect(desk.outcome).toBeNull();
    await desk.pass(10 + 2 * SETTINGS.cancelGraceMs);
    expect(codeOf(desk.outcome!)).toBe("TASK_TIMEOUT");
  });

  test.each<
    [string, (ask: PromiseWithResolvers<boolean>) => void, string, RegExp]
  >([
    [
      "whose lease is lost ends without having run",
      (ask) => ask.resolve(false),
      "CANCELLED",
      /lease was lost/,
    ],
    [
      "of which that cannot be stored fails without having run",
      (ask) => ask.reject(new Error("broken disk")),
      "STORAGE_FAILED",
      /broken disk/,
    ],
    [
      "keeps the store's own words",
      (ask) => ask.reject(new BalancerError("STORAGE_BUSY", "held for 5 s")),
      "STORAGE_BUSY",
      /held for 5 s/,
    ],
  ])("%s, and its worker takes another", async (_, answer, code, message) => {
    const desk = new Desk();
    await desk.asked();
    answer(desk.asks[0]!);
    await desk.pass(0);
    expect(codeOf(desk.outcome!)).toBe(code);
    expect(messageOf(desk.outcome!)).toMatch(message);
    expect(desk.outcome!.execution).toBeNull();
    expect(await desk.serves()).toBe(true);
    expect(desk.given).toEqual(["task_2"]);
  });

  test("fails where asking throws", async () => {
    const desk = new Desk();
    const run = desk.run("once", {
      mayStart: () => {
        throw new Error("at once");
      },
    });
    await desk.pass(60);
    expect(messageOf(await run.done)).toContain("at once");
    expect(await desk.serves()).toBe(true);
  });

  test("can be cancelled meanwhile; what is answered then is nobody's", async () => {
    const desk = new Desk();
    const run = await desk.asked();
    run.cancel();
    await desk.pass(0);
    expect(codeOf(desk.outcome!)).toBe("CANCELLED");
    expect(await desk.serves()).toBe(true);
    desk.asks[0]!.resolve(true);
    await desk.pass(0);
    expect(desk.given).toEqual(["task_2"]);
  });

  test("is not begun by a pool that closes, and is not said to have begun", async () => {
    const desk = new Desk();
    await desk.asked();
    const closing = desk.pool.close(1_000);
    await desk.pass(0);
    expect(desk.outcome!.result).toMatchObject({
      status: "failed",
      error: { code: "SHUTTING_DOWN" },
    });
    await desk.pass(2_000);
    await closing;
  });

  test("is given to another worker, and asked for again, if its worker dies: also one that must not run twice", async () => {
    const desk = new Desk();
    await desk.asked();
    desk.worker.die({ exitCode: 1, signal: null });
    await desk.pass(2_000);
    expect([desk.asks.length, desk.outcome]).toEqual([2, null]);
    desk.asks[0]!.resolve(true);
    await desk.pass(0);
    expect(desk.given).toEqual([]);
    desk.asks[1]!.resolve(true);
    await desk.pass(60);
    desk.finish();
    await desk.pass(0);
    expect(desk.outcome!.result.status).toBe("completed");
    expect(desk.outcome!.execution!.deaths).toBeUndefined();
  });

  test("waits for another worker if its own is to go by then, and is asked for again", async () => {
    const desk = new Desk({ maxWorkers: 2 });
    await desk.asked();
    desk.run("plain");
    await desk.pass(60);
    expect(desk.given).toEqual(["task_2"]);
    // The one that was unused for longer goes: it has nothing but the task that waits to be allowed.
    desk.pool.resize(1);
    desk.asks[0]!.resolve(true);
    await desk.pass(60);
    expect(desk.pool.status()).toMatchObject({ waiting: 1, busy: 1 });
    desk.finish();
    await desk.pass(0);
    expect(desk.asks).toHaveLength(2);
    desk.asks[1]!.resolve(true);
    await desk.pass(60);
    expect(desk.given).toEqual(["task_2", "task_1"]);
    desk.finish();
    await desk.pass(0);
    expect(desk.outcome!.result.status).toBe("completed");
  });

  test("holds its place of a kind that runs a few at a time", async () => {
    const desk = new Desk({ maxWorkers: 4 });
    const mayStart = () => {
      const ask = Promise.withResolvers<boolean>();
      desk.asks.push(ask);
      return ask.promise;
    };
    for (let n = 0; n < 3; n++) desk.run("limited", { mayStart });
    await desk.pass(300);
    expect(desk.asks).toHaveLength(2);
    desk.asks[0]!.resolve(false);
    await desk.pass(60);
    expect(desk.asks).toHaveLength(3);
  });
});
