import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { CrashGuard } from "../../flow-balancer/pool/crash-guard.ts";
import {
  LINEAGE_LIMIT,
  noteDeath,
  POOL_LIMIT,
  UNHARMED,
  waitMsOf,
} from "../../flow-balancer/pool/restart-intensity.ts";
import { kill } from "../support/processes.ts";
import { codeOf, messageOf, pools } from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);
const newPool = pools(afterEach);

const limits = fc.constantFrom(LINEAGE_LIMIT, POOL_LIMIT);

describe("restart intensity", () => {
  test("what dies at once each time is restarted at most the limit + 1 times in any window", () => {
    fc.assert(
      fc.property(
        limits,
        fc.array(fc.nat(3_000), { minLength: 50, maxLength: 1_000 }),
        (limit, lives) => {
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

  test("deaths that are far enough apart never wait", () => {
    let state = UNHARMED;
    const apart = LINEAGE_LIMIT.withinMs / LINEAGE_LIMIT.maxRestarts;
    for (let now = 0; now < 100 * apart; now += apart) {
      state = noteDeath(state, now, LINEAGE_LIMIT);
      expect(waitMsOf(state, now)).toBe(0);
    }
  });

  test("the waits double up to a bound, and a quiet window forgives all", () => {
    let state = UNHARMED;
    let now = 0;
    const waits: number[] = [];
    for (let n = 0; n < 20; n++) {
      state = noteDeath(state, now, LINEAGE_LIMIT);
      waits.push(waitMsOf(state, now));
      now += waitMsOf(state, now);
    }
    expect(waits.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 30_000]);
    expect(waits.at(-1)).toBe(LINEAGE_LIMIT.maxBackoffMs);
    now += LINEAGE_LIMIT.withinMs + 1;
    expect(waitMsOf(noteDeath(state, now, LINEAGE_LIMIT), now)).toBe(0);
  });
});

const crash = (seat: number | undefined, kind: string | null) => ({
  seat,
  tasksDone: 0,
  lost: kind === null ? [] : [{ ending: null, crashKey: kind }],
  wasLetGo: false,
});

describe("the guard", () => {
  test("a kind of which each of 1,000 tasks kills its worker: a bounded number of workers dies of it, others lose nothing", () => {
    const guard = new CrashGuard(9);
    let died = 0;
    let now = 0;
    for (let n = 0; n < 1_000; n++, now += 10) {
      if (!guard.mayRun("bad", now)) continue;
      const seat = guard.takeSeat(now);
      expect(seat).not.toBeNull();
      guard.began("bad");
      guard.leaveSeat(seat!);
      guard.workerDied(crash(seat!, "bad"), now);
      died++;
    }
    expect(died).toBe(LINEAGE_LIMIT.maxRestarts + 1);
    expect(guard.mayRun("good", now)).toBe(true);
    expect(guard.waitMs(now)).toBe(0);
    expect(guard.takeSeat(now)).not.toBeNull();
  });

  test("after its wait a kind is tried with one task: if its worker lives all may run, if it dies they wait longer", () => {
    const guard = new CrashGuard(2);
    for (let n = 0; n < 6; n++) guard.workerDied(crash(undefined, "bad"), n);
    const waitMs = guard.kindWaitMs("bad", 5);
    expect(waitMs).toBeGreaterThan(0);
    const then = 5 + waitMs;
    expect(guard.mayRun("bad", then)).toBe(true);
    guard.began("bad");
    expect(guard.mayRun("bad", then)).toBe(false);
    guard.workerDied(crash(undefined, "bad"), then);
    expect(guard.mayRun("bad", then)).toBe(false);
    const again = then + guard.kindWaitMs("bad", then);
    guard.began("bad");
    guard.survived("bad");
    expect(guard.mayRun("bad", again)).toBe(true);
    guard.began("bad");
    expect(guard.mayRun("bad", again)).toBe(true);
  });

  test("a trial that we ended tells nothing, and another follows", () => {
    const guard = new CrashGuard(2);
    for (let n = 0; n < 6; n++) guard.workerDied(crash(undefined, "bad"), n);
    const then = 5 + guard.kindWaitMs("bad", 5);
    guard.began("bad");
    expect(guard.mayRun("bad", then)).toBe(false);
    const lost = [{ ending: { type: "timed_out" }, crashKey: "bad" }];
    guard.workerDied({ ...crash(undefined, null), lost }, then);
    expect(guard.mayRun("bad", then)).toBe(true);
  });

  test("a kind that killed nobody for a whole window is forgotten, not before", () => {
    const guard = new CrashGuard(2);
    expect(guard.isQuiet).toBe(true);
    guard.workerDied(crash(undefined, "bad"), 0);
    expect(guard.forgive(LINEAGE_LIMIT.withinMs)).toBe(false);
    expect(guard.isQuiet).toBe(false);
    expect(guard.forgive(LINEAGE_LIMIT.withinMs + 1)).toBe(true);
    expect(guard.isQuiet).toBe(true);
  });

  test("a worker that was to go anyway costs its kind, not its seat", () => {
    const guard = new CrashGuard(1);
    for (let n = 0; n < 6; n++)
      guard.workerDied({ ...crash(0, "bad"), wasLetGo: true }, n);
    expect(guard.waitMs(6)).toBe(0);
    expect(guard.mayRun("bad", 6)).toBe(false);
  });

  test("a seat that saw too many deaths stays empty while others are used", () => {
    const guard = new CrashGuard(2);
    for (let n = 0; n < 6; n++) {
      // Who replaces a dead worker takes its seat.
      expect(guard.takeSeat(n)).toBe(0);
      guard.leaveSeat(0);
      guard.workerDied(crash(0, "bad"), n);
    }
    expect(guard.takeSeat(6)).toBe(1);
    expect(guard.takeSeat(6)).toBeNull();
    expect(guard.waitMs(6)).toBeGreaterThan(0);
    expect(guard.takeSeat(6 + guard.waitMs(6))).toBe(0);
  });

  test("the pool waits after deaths that no task is to blame for", () => {
    const guard = new CrashGuard(9);
    for (let n = 0; n < 3; n++) guard.workerDied(crash(n, null), n);
    expect(guard.waitMs(3)).toBe(0);
    guard.poolDied(3);
    expect(guard.waitMs(3)).toBeGreaterThan(0);
    expect(guard.takeSeat(3)).toBeNull();
  });

  test("what we ended ourselves counts nowhere; too much memory does", () => {
    const guard = new CrashGuard(1);
    const ended = (type: string) => ({
      ...crash(0, null),
      lost: [{ ending: { type }, crashKey: "big" }],
    });
    for (let n = 0; n < 50; n++)
      for (const type of ["cancelled", "timed_out", "shutdown"])
        guard.workerDied(ended(type), n);
    expect(guard.waitMs(50)).toBe(0);
    expect(guard.mayRun("big", 50)).toBe(true);
    for (let n = 0; n < 6; n++) guard.workerDied(ended("too_large"), 50);
    expect(guard.mayRun("big", 50)).toBe(false);
  });
});

describe("a pool whose idle workers die", () => {
  test("starts no more than the limit in place of them, and says so to who would wait for nothing", async () => {
    const it = newPool({ maxWorkers: 2, spareWorkers: 1 });
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
    const outcome = await it.shell(["true"]).done;
    expect(codeOf(outcome)).toBe("SPAWN_FAILED");
    expect(messageOf(outcome)).toMatch(/SIGKILL.*the next start is in \d+ s/);
    expect(it.pool.status().workers).toEqual([]);
  });
});
