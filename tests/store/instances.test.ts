import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instanceId, type InstanceId } from "../../flow-balancer/core/ids.ts";
import {
  judge,
  type InstanceRecord,
} from "../../flow-balancer/core/instance.ts";
import type { BootMs } from "../../flow-balancer/core/time.ts";
import { bunEnv } from "../../flow-balancer/env.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { InstanceLocks } from "../../flow-balancer/store/instance-locks.ts";
import {
  pidStarted,
  processState,
} from "../../flow-balancer/store/instance-process.ts";
import { Instances } from "../../flow-balancer/store/instances.ts";
import { events } from "../../flow-balancer/store/shared-schema.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { kill } from "../support/processes.ts";
import { until, within } from "../support/until.ts";

const IDLE = { wants: 0, share: 8 };
const NO_WORK = { requeued: 0, unknown: 0, poisoned: 0, abandoned: 0 };
const self = (id: InstanceId) => ({
  id,
  pid: 4711,
  pidStarted: "99",
  transport: "stdio",
  projectRoot: "/p; rm -rf '",
  version: "1.2.3",
  maxWorkers: 8,
});
const A = instanceId("a");
const B = instanceId("b");

function setUp() {
  const env = new FakeEnv();
  const store = openStore(":memory:", "normal", env);
  const instances = new Instances(store, env);
  const noted = () =>
    store.orm
      .select()
      .from(events)
      .orderBy(events.seq)
      .all()
      .map(({ type, holder }) => `${type} ${holder}`);
  return { env, store, instances, noted };
}

describe("the registry", () => {
  test("has a row for whoever registers, with both clocks", async () => {
    const { env, instances, noted } = setUp();
    expect(instances.alive()).toEqual([]);
    await instances.register(self(A), IDLE);
    expect(instances.alive()).toEqual([
      {
        ...self(A),
        ...IDLE,
        bootId: "boot",
        startedAt: env.now(),
        heartbeatAt: env.now(),
        heartbeatBoot: env.boot(),
        endedAt: null,
        end: null,
      },
    ]);
    expect(noted()).toEqual([`instance.started ${A}`]);
  });

  test("is told with each heartbeat when it was, and what its sender wants and has", async () => {
    const { env, instances, noted } = setUp();
    await instances.register(self(A), IDLE);
    await instances.register(self(B), IDLE);
    const startedAt = env.now();
    env.advance(30_000);
    expect(await instances.heartbeat(A, { wants: 3, share: 7 })).toBe(true);
    expect(instances.get(A)).toMatchObject({
      wants: 3,
      share: 7,
      startedAt,
      heartbeatAt: env.now(),
      heartbeatBoot: env.boot(),
    });
    expect(instances.get(B)).toMatchObject({ ...IDLE, heartbeatAt: startedAt });
    expect(noted()).toHaveLength(2);
  });

  test("knows a heartbeat of nobody, and of one that has ended", async () => {
    const { instances } = setUp();
    expect(await instances.heartbeat(A, IDLE)).toBe(false);
    await instances.register(self(A), IDLE);
    await instances.stop(A);
    expect(await instances.heartbeat(A, { wants: 1, share: 1 })).toBe(false);
    expect(instances.get(A)).toMatchObject({ end: "stopped", wants: 0 });
  });

  test("ends a row once, and says how", async () => {
    const { env, instances, noted } = setUp();
    const death = { cause: "unlocked", foundBy: B, work: NO_WORK } as const;
    await instances.register(self(A), IDLE);
    await instances.register(self(B), IDLE);
    env.advance(10);
    const found = await Promise.all([
      instances.markDead(A, death),
      instances.markDead(A, death),
    ]);
    expect(found).toEqual([true, false]);
    await instances.stop(A);
    await instances.stop(B);
    await instances.stop(B);
    expect(await instances.markDead(B, death)).toBe(false);
    expect(instances.get(A)).toMatchObject({ end: "died", endedAt: env.now() });
    expect(instances.get(B)).toMatchObject({ end: "stopped" });
    expect(instances.alive()).toEqual([]);
    expect(noted().slice(2)).toEqual([
      `instance.died ${A}`,
      `instance.stopped ${B}`,
    ]);
  });

  test("goes on with one that was only suspended", async () => {
    const { env, instances, noted } = setUp();
    const death = { cause: "silent", foundBy: B, work: NO_WORK } as const;
    await instances.register(self(A), IDLE);
    const startedAt = env.now();
    env.advance(70_000);
    await instances.markDead(A, death);
    await instances.register(self(A), { wants: 2, share: 5 });
    await instances.register(self(A), { wants: 2, share: 5 });
    expect(instances.alive()).toMatchObject([
      { id: A, startedAt, heartbeatAt: env.now(), end: null, endedAt: null },
    ]);
    expect(noted().slice(1)).toEqual([
      `instance.died ${A}`,
      `instance.resumed ${A}`,
    ]);
  });

  test("lists the newest first, and forgets the ended after a week", async () => {
    const { env, instances } = setUp();
    await instances.register(self(B), IDLE);
    await instances.stop(B);
    env.advance(1);
    await instances.register(self(A), IDLE);
    expect(instances.list(10).map(({ id }) => id)).toEqual([A, B]);
    expect(instances.list(1).map(({ id }) => id)).toEqual([A]);
    env.advance(7 * 86_400_000);
    await instances.register(self(instanceId("c")), IDLE);
    expect(instances.get(B)).toBeNull();
    expect(instances.get(A)).not.toBeNull();
  });

  test("finds the living without reading the ended", () => {
    const { store } = setUp();
    const plan = store.raw
      .query<{ detail: string }, []>(
        "EXPLAIN QUERY PLAN SELECT * FROM instances WHERE ended_at IS NULL",
      )
      .all();
    expect(plan.map(({ detail }) => detail).join()).toContain(
      "USING INDEX instances_alive",
    );
  });
});

const homes: string[] = [];
const started: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of started) kill(child.pid);
  await Promise.all(started.splice(0).map(({ exited }) => exited));
  for (const home of homes.splice(0)) rmSync(home, { recursive: true });
});

describe("a real instance", () => {
  const verdictOn = (row: InstanceRecord, locks: InstanceLocks, lateMs = 0) => {
    const lock = locks.probe(row.id);
    return judge(
      row,
      {
        bootId: bunEnv.bootId,
        boot: (bunEnv.boot() + lateMs) as BootMs,
        watchedMs: 60_000,
        lock,
        process: processState(row.pid, row.pidStarted),
      },
      { heartbeatMs: 30_000, deadAfterMs: 60_000 },
    );
  };

  test("lives when it runs and when it is suspended, is silent after a minute of that, and dead at once when it is killed", async () => {
    const home = mkdtempSync(join(tmpdir(), "instances-"));
    homes.push(home);
    const child = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, "children/instance-child.ts"),
        home,
      ],
      { stdout: "pipe", stderr: "inherit" },
    );
    started.push(child);
    await within("instance", child.stdout.getReader().read());
    const store = openStore(join(home, "flow.db"), "normal", bunEnv);
    const locks = new InstanceLocks(home);
    const [row] = new Instances(store, bunEnv).alive();
    if (row === undefined) throw new Error("it is not registered");
    expect(row.pid).toBe(child.pid);
    expect(locks.ids()).toEqual([row.id]);
    expect(verdictOn(row, locks)).toEqual({ isAlive: true });
    kill(child.pid, "SIGSTOP");
    expect(verdictOn(row, locks)).toEqual({ isAlive: true });
    expect(verdictOn(row, locks, 61_000)).toMatchObject({ cause: "silent" });
    kill(child.pid);
    await within("end", child.exited);
    expect(verdictOn(row, locks)).toEqual({
      isAlive: false,
      cause: "unlocked",
      abandon: false,
    });
    locks.remove(row.id);
    locks.remove(row.id);
    expect(locks.ids()).toEqual([]);
    const hasProc = existsSync("/proc/self/stat");
    expect(verdictOn(row, locks).isAlive).toBe(!hasProc);
    await closeStore(store);
  });
});

describe.skipIf(!existsSync("/proc/self/stat"))("a process", () => {
  test("is the same by pid and start, gone with another start or after its end", async () => {
    const child = Bun.spawn(["sleep", "300"]);
    started.push(child);
    const since = pidStarted(child.pid);
    expect(since).toMatch(/^\d+$/);
    expect(processState(child.pid, since)).toBe("same");
    expect(processState(child.pid, String(Number(since) - 1))).toBe("gone");
    expect(processState(child.pid, "")).toBe("unknown");
    kill(child.pid);
    await within("end", child.exited);
    expect(processState(child.pid, since)).toBe("gone");
    expect(pidStarted(child.pid)).toBe("");
  });

  test("is gone once it is a zombie", async () => {
    const parent = Bun.spawn(["sh", "-c", "sleep 0 & echo $!; exec sleep 300"]);
    started.push(parent);
    const said = await within("pid", parent.stdout.getReader().read());
    const pid = Number(new TextDecoder().decode(said.value));
    await until("zombie", () =>
      readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "),
    );
    expect(pidStarted(pid)).toBe("");
  });
});
