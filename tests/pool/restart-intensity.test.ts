import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { CrashGuard } from "../../flow-balancer/pool/crash-guard.ts";
import {
  TASK_LIMIT,
  noteDeath,
  POOL_LIMIT,
  UNHARMED,
  waitMsOf,
} from "../../flow-balancer/pool/restart-intensity.ts";
import { kill } from "../support/processes.ts";
import { pools } from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

describe("restart intensity", () => {
  test("what dies at once each time is restarted at most the limit + 1 times in any window", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(3_000), { minLength: 50, maxLength: 1_000 }),
        (lives) => {
          const limit = TASK_LIMIT;
          let state = UNHARMED;
          let now = 0;
          const restarts: number[] = [];
          for (const life of lives) {
            now += life;
            state = noteDeath(state, now, limit);
            now += waitMsOf(state, now);
            restarts.push(now);
          }
          for (const [n, at] of restarts.entries()) {
            const beyond = restarts[n + limit.maxRestarts + 1];
            if (beyond !== undefined)
              expect(beyond - at).toBeGreaterThanOrEqual(limit.withinMs);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("where it is not strict, the wait is only the pause, and doubles", () => {
    let state = UNHARMED;
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      state = noteDeath(state, 0, POOL_LIMIT);
      waits.push(waitMsOf(state, 0));
    }
    expect(waits).toEqual([
      0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
      60_000,
    ]);
  });

  test("deaths that are far enough apart never wait", () => {
    let state = UNHARMED;
    const apart = TASK_LIMIT.withinMs / TASK_LIMIT.maxRestarts;
    for (let now = 0; now < 100 * apart; now += apart) {
      state = noteDeath(state, now, TASK_LIMIT);
      expect(waitMsOf(state, now)).toBe(0);
    }
  });

  test("the waits double up to a bound, and a quiet window forgives all", () => {
    let state = UNHARMED;
    let now = 0;
    const waits: number[] = [];
    for (let n = 0; n < 20; n++) {
      state = noteDeath(state, now, TASK_LIMIT);
      waits.push(waitMsOf(state, now));
      now += waitMsOf(state, now);
    }
    expect(waits.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 30_000]);
    expect(waits.at(-1)).toBe(TASK_LIMIT.maxBackoffMs);
    now += TASK_LIMIT.withinMs + 1;
    expect(waitMsOf(noteDeath(state, now, TASK_LIMIT), now)).toBe(0);
  });
});

const accused = (
  crashKey: string,
  kind = crashKey,
  session: string | null = null,
) => ({
  crashKey,
  task: { kind: { name: kind }, session },
  ending: null as { readonly type: string } | null,
});
const bad = accused("bad");
const crash = (
  seat: number | undefined,
  ...lost: ReturnType<typeof accused>[]
) => ({
  seat,
  tasksDone: 0,
  lost,
  wasLetGo: false,
});

describe("the guard", () => {
  test("a module of which every task kills its worker: a bounded number of workers dies of it, others lose nothing", () => {
    const guard = new CrashGuard(9);
    let died = 0;
    let now = 0;
    for (let n = 0; n < 1_000; n++, now += 10) {
      if (guard.taskWaitMs(bad, now) > 0) continue;
      const seat = guard.takeSeat(now);
      expect(seat).not.toBeNull();
      guard.leaveSeat(seat!);
      guard.workerDied(crash(seat!, bad), now);
      died++;
    }
    expect(died).toBe(TASK_LIMIT.maxRestarts + 1);
    expect(guard.isSuspect(accused("good"))).toBe(false);
    expect(guard.taskWaitMs(accused("good"), now)).toBe(0);
    expect(guard.waitMs(now)).toBe(0);
    expect(guard.takeSeat(now)).not.toBeNull();
  });

  test("what killed a worker is suspect until one of it leaves its worker alive", () => {
    const guard = new CrashGuard(2);
    expect(guard.isSuspect(bad)).toBe(false);
    guard.workerDied(crash(undefined, bad), 0);
    expect(guard.isSuspect(bad)).toBe(true);
    guard.survived(bad);
    expect(guard.isSuspect(bad)).toBe(false);
  });

  test("a kind of which different tasks kill is suspect, save those that showed better", () => {
    const guard = new CrashGuard(2);
    const script = (n: number | string) => accused(`script ${n}`, "script");
    guard.workerDied(crash(undefined, script(0)), 0);
    guard.workerDied(crash(undefined, script(0)), 1);
    guard.workerDied(crash(undefined, script(0)), 2);
    expect(guard.isSuspect(script("new"))).toBe(false);
    guard.workerDied(crash(undefined, script(1)), 3);
    guard.workerDied(crash(undefined, script(2)), 4);
    expect(guard.isSuspect(script("new"))).toBe(true);
    expect(guard.isSuspect(accused("other"))).toBe(false);
    expect(guard.isSuspect(accused("script x", "script", "other"))).toBe(false);
    for (let n = 3; n < 20; n++)
      guard.workerDied(crash(undefined, script(n)), 5);
    expect(guard.taskWaitMs(script("new"), 5)).toBeGreaterThan(0);
    guard.survived(script("good"));
    expect(guard.taskWaitMs(script("good"), 5)).toBe(0);
    expect(guard.taskWaitMs(script("new"), 5)).toBe(0);
    expect(guard.isSuspect(script("good"))).toBe(false);
    expect(guard.isSuspect(script("new"))).toBe(true);
  });

  test("what killed nobody for a whole window is forgotten, not before", () => {
    const guard = new CrashGuard(2);
    expect(guard.isQuiet).toBe(true);
    guard.workerDied(crash(undefined, bad), 0);
    expect(guard.forgive(TASK_LIMIT.withinMs)).toBe(false);
    expect(guard.isQuiet).toBe(false);
    expect(guard.forgive(TASK_LIMIT.withinMs + 1)).toBe(true);
    expect(guard.isQuiet).toBe(true);
  });

  test("a death with tasks in hand is theirs, however often: no seat and no pool waits", () => {
    const guard = new CrashGuard(1);
    for (let n = 0; n < 100; n++) {
      expect(guard.takeSeat(n)).toBe(0);
      guard.leaveSeat(0);
      guard.workerDied(crash(0, accused(`script ${n}`, "script")), n);
    }
    expect(guard.waitMs(100)).toBe(0);
  });

  test("a worker that was to go anyway costs its tasks, not its seat", () => {
    const guard = new CrashGuard(1);
    for (let n = 0; n < 20; n++)
      guard.workerDied({ ...crash(0), wasLetGo: true }, n);
    expect(guard.waitMs(20)).toBe(0);
    guard.workerDied({ ...crash(0, bad), wasLetGo: true }, 20);
    expect(guard.isSuspect(bad)).toBe(true);
  });

  test("a seat that saw too many idle deaths stays empty while others are used", () => {
    const guard = new CrashGuard(2);
    for (let n = 0; n < 6; n++) {
      // Who replaces a dead worker takes its seat.
      expect(guard.takeSeat(n)).toBe(0);
      guard.leaveSeat(0);
      guard.workerDied({ ...crash(0), tasksDone: 1 }, n);
    }
    expect(guard.takeSeat(6)).toBe(1);
    expect(guard.takeSeat(6)).toBeNull();
    expect(guard.waitMs(6)).toBeGreaterThan(0);
    expect(guard.takeSeat(6 + guard.waitMs(6))).toBe(0);
  });

  test("the pool waits after deaths that no task is to blame for", () => {
    const guard = new CrashGuard(9);
    for (let n = 0; n < 3; n++) guard.workerDied(crash(n), n);
    expect(guard.waitMs(3)).toBe(0);
    guard.poolDied(3);
    expect(guard.waitMs(3)).toBe(POOL_LIMIT.backoffMs);
    expect(guard.takeSeat(3)).toBeNull();
  });

  test("what we ended ourselves counts nowhere; too much memory does", () => {
    const guard = new CrashGuard(1);
    const big = accused("big");
    const ended = (type: string) => crash(0, { ...big, ending: { type } });
    for (const type of ["cancelled", "timed_out", "shutdown", "not_loaded"])
      guard.workerDied(ended(type), 0);
    expect(guard.waitMs(0)).toBe(0);
    expect(guard.isSuspect(big)).toBe(false);
    guard.workerDied(ended("too_large"), 0);
    expect(guard.isSuspect(big)).toBe(true);
  });
});

describe("a pool whose idle workers die", () => {
  test("pauses before the next start once it was too often; a task waits for it", async () => {
    // No room for one more, were a start to be taken for a hang.
    const it = newPool({ maxWorkers: 1, spareWorkers: 1 });
    it.pool.warm();
    for (let n = 0; n <= POOL_LIMIT.maxRestarts; n++) {
      await it.idle(1);
      const [spare] = it.pool.status().workers;
      kill(spare!.pid);
      await until("its end", () =>
        it.events.some(
          (e) => e.type === "worker.exited" && e.worker === spare!.id,
        ),
      );
    }
    const started = it.events.filter(({ type }) => type === "worker.started");
    expect(started).toHaveLength(1 + POOL_LIMIT.maxRestarts);
    expect(it.pool.status().workers).toEqual([]);
    const { result, execution } = await it.shell(["true"]).done;
    expect(result.status).toBe("completed");
    expect(execution?.waitMs).toBeGreaterThan(POOL_LIMIT.backoffMs / 2);
  });
});
