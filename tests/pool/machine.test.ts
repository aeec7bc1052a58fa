import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "bun:test";
import { bunEnv } from "../../flow-balancer/env.ts";
import {
  cgroupFolders,
  type Machine,
  pressureByLoad,
  readPressure,
  readPss,
  smallestLimit,
  thisMachine,
} from "../../flow-balancer/pool/machine.ts";
import { MachineWatch } from "../../flow-balancer/pool/machine-watch.ts";
import { WorkerPool } from "../../flow-balancer/pool/worker-pool.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { until } from "../support/until.ts";

describe("what the kernel says", () => {
  test("pressure and memory, and null for what is something else", () => {
    const pressure =
      "some avg10=12.50 avg60=0.74 avg300=0.60 total=7220305\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=0\n";
    expect(readPressure(pressure)).toBe(12.5);
    expect(readPressure("")).toBeNull();
    expect(
      readPss(
        "Rss:  35988 kB\nPss:            11600 kB\nPss_Dirty:  5648 kB\n",
      ),
    ).toBeCloseTo(11.33, 2);
    expect(readPss("Rss:  35988 kB\n")).toBeNull();
  });

  test("without a pressure file the load stands in for it, and where there is none there is no limit", () => {
    expect(pressureByLoad(8, 2)).toBe(75);
    expect(pressureByLoad(1, 2)).toBe(0);
    expect(pressureByLoad(0, 2)).toBeNull();
  });

  test("a group's limits hold for those below it, in both versions", () => {
    const both = "4:cpu,memory:/a/b\n0::/user.slice/c\n";
    expect(cgroupFolders(both, "")).toEqual([
      "/sys/fs/cgroup/user.slice/c",
      "/sys/fs/cgroup/user.slice",
      "/sys/fs/cgroup",
    ]);
    expect(cgroupFolders(both, "memory")).toEqual([
      "/sys/fs/cgroup/memory/a/b",
      "/sys/fs/cgroup/memory/a",
      "/sys/fs/cgroup/memory",
    ]);
    expect(cgroupFolders("", "memory")).toEqual([]);
    expect(smallestLimit(["max\n", "2097152\n", "4194304\n", ""])).toBe(2);
    expect(smallestLimit(["max"])).toBe(Number.POSITIVE_INFINITY);
  });

  test("of this machine: cores, memory, and a process of its own", async () => {
    const machine = thisMachine();
    expect(machine.cores).toBeGreaterThan(0);
    expect(machine.memoryMb).toBeGreaterThan(64);
    const own = await machine.memoryOf(process.pid);
    if (process.platform === "linux") expect(own).toBeGreaterThan(1);
    expect(await machine.memoryOf(2 ** 30)).toBeNull();
  });
});

class FakeMachine implements Machine {
  readonly cores = 2;
  readonly memoryMb = 1_000;
  pressure: number | null = 0;
  readonly sizes = new Map<number, number>();
  readonly asked: number[] = [];
  cpuPressure = (): Promise<number | null> => Promise.resolve(this.pressure);
  memoryOf = (pid: number): Promise<number | null> => {
    this.asked.push(pid);
    return Promise.resolve(this.sizes.get(pid) ?? null);
  };
}

function watched(budgetMb: number, sizes: Record<number, number>) {
  const env = new FakeEnv();
  const machine = new FakeMachine();
  const workers = Object.entries(sizes).map(([pid, mb]) => {
    machine.sizes.set(Number(pid), mb);
    return {
      pid: Number(pid),
      state: "idle",
      tasksDone: 0,
      loaded: new Set<string>(),
    };
  });
  const watch = new MachineWatch<(typeof workers)[number]>({
    env,
    machine,
    budgetMb,
    workers: () => workers,
    looked: () => {},
  });
  const look = async () => {
    watch.wake();
    env.advance(3_000);
    for (let n = 0; n < 20; n++) await Promise.resolve();
  };
  return { env, machine, workers, watch, look };
}

describe("the watch", () => {
  test("knows how many more workers the budget has room for, and how much is too much", async () => {
    const it = watched(100, { 1: 30, 2: 30 });
    await it.look();
    expect(it.watch.totalMb).toBe(60);
    expect(it.watch.roomForWorkers()).toBe(1);
    it.machine.sizes.set(2, 100);
    it.workers[1]!.tasksDone = 1;
    await it.look();
    expect(it.watch.overBudgetMb).toBe(30);
    expect(it.watch.roomForWorkers()).toBe(0);
    // Who leaves holds nothing any more.
    it.workers[1]!.state = "retiring";
    expect(it.watch.overBudgetMb).toBe(-70);
  });

  test("measures only who did something, and nobody once nothing happens", async () => {
    const it = watched(100, { 1: 30, 2: 30 });
    await it.look();
    expect(it.machine.asked).toEqual([1, 2]);
    it.workers[1]!.tasksDone = 5;
    await it.look();
    expect(it.machine.asked).toEqual([1, 2, 2]);
    await it.look();
    await it.look();
    expect(it.machine.asked).toEqual([1, 2, 2]);
    expect(it.env.waiting).toBe(0);
  });

  test("what cannot be told is no limit", async () => {
    const it = watched(100, { 1: 30 });
    it.machine.sizes.clear();
    it.machine.pressure = null;
    await it.look();
    expect(it.watch.isPressed).toBe(false);
    expect(it.watch.roomForWorkers()).toBeGreaterThan(0);
    it.machine.pressure = 95;
    it.workers[0]!.tasksDone = 1;
    await it.look();
    expect(it.watch.isPressed).toBe(true);
  });
});

describe("a pool", () => {
  const clean: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const one of clean.splice(0)) await one();
  });

  test("that has more than its memory lets idle workers go, those it is told to first, and starts no others", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pool-memory-"));
    const machine = new FakeMachine();
    const measured = Promise.withResolvers<number>();
    machine.memoryOf = () => measured.promise;
    const evicted: string[] = [];
    const started: string[] = [];
    const pool = new WorkerPool({
      // The machine is looked at a hundred times as often.
      env: { ...bunEnv, timer: (ms, fn) => bunEnv.timer(ms / 100, fn) },
      settings: {
        maxWorkers: 8,
        spareWorkers: 4,
        maxWaiting: 10,
        idleMs: 6_000_000,
        startTimeoutMs: 1_000_000,
        cancelGraceMs: 100_000,
        maxTasksPerWorker: 100,
        memoryMb: 1_000,
      },
      worker: {
        workDir: folder,
        roots: [folder],
        maxResultBytes: 1_000,
        maxOutputBytes: 1_000,
        cancelGraceMs: 100,
      },
      environment: { PATH: process.env["PATH"] ?? "/usr/bin:/bin" },
      machine,
      evictFirst: (idle) => {
        const youngest = idle.reduce((a, b) => (b.id > a.id ? b : a));
        evicted.push(youngest.id);
        return youngest;
      },
      onEvent: (event) => {
        if (event.type === "worker.started") started.push(event.worker);
      },
      client: {
        demand: () => 0,
        workerFree: () => pool.refill(),
        waiting: () => 0,
        taskMs: () => null,
        freeInMs: () => null,
        workerGone: () => {},
        cannotStart: () => {},
      },
    });
    clean.push(async () => {
      await pool.close(0);
      rmSync(folder, { recursive: true, force: true });
    });
    pool.refill();
    await until("all spares", () => pool.idle.size === 4);
    measured.resolve(400);
    await until(
      "two that are left",
      () =>
        evicted.length > 0 && pool.idle.size === 2 && pool.slots.length === 2,
    );
    const before = started.length;
    pool.refill();
    // A start is due in the next turn of the loop.
    for (let n = 0; n < 3; n++) await new Promise(setImmediate);
    expect(started.length).toBe(before);
    expect(pool.slots.every(({ id }) => !evicted.includes(id))).toBe(true);
  });
});
