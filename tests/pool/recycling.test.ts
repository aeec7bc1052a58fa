import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import {
  isSpent,
  mostWorn,
  remeasured,
  type MemoryRecord,
  type Wear,
  wornBy,
} from "../../flow-balancer/pool/recycling.ts";
import { codeOf, pools } from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

const LIMITS = { maxTasks: 1_000, maxAgeMs: 86_400_000 };
const NEW: Wear = {
  serial: 1,
  tasksDone: 0,
  ageMs: 0,
  memoryMb: 12,
  baselineMb: 12,
  bound: false,
};
const worn = (wear: Partial<Wear>) => wornBy({ ...NEW, ...wear }, LIMITS);

describe("a worker is worn", () => {
  test("by tasks and by age, at 90 to 100 % of the limit, never before and never later", () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (serial, share) => {
          const tasksDone = Math.floor(share * LIMITS.maxTasks);
          const byTasks = worn({ serial, tasksDone });
          if (share < 0.9) expect(byTasks).toBeNull();
          if (tasksDone >= LIMITS.maxTasks) expect(byTasks).toBe("tasks");
          const byAge = worn({ serial, ageMs: share * LIMITS.maxAgeMs });
          if (share < 0.9) expect(byAge).toBeNull();
          if (share >= 1) expect(byAge).toBe("age");
        },
      ),
    );
  });

  test("those started together are not worn together", () => {
    const first = (serial: number) => {
      let tasksDone = 0;
      while (worn({ serial, tasksDone }) === null) tasksDone++;
      return tasksDone;
    };
    const at = Array.from({ length: 8 }, (_, n) => first(n + 1)).sort();
    for (const [n, tasks] of at.entries())
      if (n > 0) expect(tasks - at[n - 1]!).toBeGreaterThanOrEqual(3);
  });

  test("by growth over its own size, not by its size", () => {
    expect(worn({ memoryMb: 700, baselineMb: 500 })).toBeNull();
    expect(worn({ memoryMb: 1_001, baselineMb: 500 })).toBe("memory");
    expect(worn({ memoryMb: 139, baselineMb: 12 })).toBeNull();
    expect(worn({ memoryMb: 141, baselineMb: 12 })).toBe("memory");
    expect(worn({ memoryMb: 9_000, baselineMb: null })).toBeNull();
  });

  test("one that holds a session's memory only by its tasks", () => {
    const bound = { bound: true, memoryMb: 9_000, ageMs: LIMITS.maxAgeMs };
    expect(worn(bound)).toBeNull();
    expect(worn({ ...bound, tasksDone: LIMITS.maxTasks })).toBe("tasks");
  });

  test("and is spent at the limit itself", () => {
    expect(isSpent(LIMITS.maxTasks - 1, LIMITS)).toBe(false);
    expect(isSpent(LIMITS.maxTasks, LIMITS)).toBe(true);
  });

  test("what leaks goes first, then what is nearest to its end", () => {
    const leaks = { ...NEW, memoryMb: 500 };
    const old = { ...NEW, ageMs: LIMITS.maxAgeMs };
    const used = { ...NEW, tasksDone: 2 * LIMITS.maxTasks };
    expect(mostWorn([NEW, old, used, leaks], LIMITS)).toBe(leaks);
    expect(mostWorn([NEW, old, used], LIMITS)).toBe(used);
    expect(mostWorn([NEW], LIMITS)).toBeNull();
  });
});

describe("the size a worker is compared with", () => {
  const sizes = (
    ...of: readonly [mb: number, tasks: number, kinds: number][]
  ) =>
    of.reduce<MemoryRecord | undefined>(
      (before, [mb, tasksDone, kinds]) =>
        remeasured(before, mb, { tasksDone, kinds }),
      undefined,
    );

  test("is that after the first tasks, and that again once another kind is loaded", () => {
    expect(sizes([10, 0, 0])?.baselineMb).toBeNull();
    expect(sizes([10, 0, 0], [30, 10, 1], [90, 50, 1])).toEqual({
      memoryMb: 90,
      baselineMb: 30,
      kinds: 1,
    });
    expect(sizes([30, 10, 1], [90, 50, 2], [95, 51, 2])?.baselineMb).toBe(90);
  });
});

describe("a worn worker in a pool", () => {
  test("works on until its replacement is ready, and there is one worker more only for that time", async () => {
    const it = newPool({
      maxWorkers: 1,
      spareWorkers: 0,
      maxTasksPerWorker: 20,
    });
    const workers = new Set<string>();
    // Worn by its 19th task, spent by its 20th.
    for (let n = 0; n < 19; n++)
      workers.add((await it.shell(["true"]).done).execution!.worker);
    expect(workers.size).toBe(1);
    const [first] = workers;
    let most = 0;
    let fewestReady = 1;
    const looking = setInterval(() => {
      const { idle, busy, workers: all } = it.pool.status();
      most = Math.max(most, all.length);
      fewestReady = Math.min(fewestReady, idle + busy);
    }, 1);
    await until("its end", () =>
      it.events.some((e) => e.type === "worker.exited" && e.worker === first),
    );
    clearInterval(looking);
    expect(most).toBe(2);
    expect(fewestReady).toBe(1);
    const next = await it.shell(["true"]).done;
    expect(codeOf(next)).toBe("completed");
    expect(next.execution?.worker).not.toBe(first);
  });
});
