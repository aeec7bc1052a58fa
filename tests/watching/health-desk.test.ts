import { Database } from "bun:sqlite";
import { describe, expect, spyOn, test } from "bun:test";
import { join } from "node:path";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { Store } from "../../flow-balancer/store/database.ts";
import { HealthDesk } from "../../flow-balancer/watching/health-desk.ts";
import type { ProbeView } from "../../monitoring/api/overview-views.ts";
import type { ProbeName } from "../../monitoring/health/health-facts.ts";
import { PROBE_NAMES } from "../../monitoring/health/judge-health.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { MIB } from "../support/health-facts-given.ts";
import { INTERVAL_MS, pass, WatchedHome } from "../support/watched-home.ts";

function watched() {
  const home = new WatchedHome(new FakeEnv());
  const desk = new HealthDesk(home.parts);
  home.keeper.start();
  const probe = async (name: ProbeName): Promise<ProbeView> => {
    const { probes } = await desk.look();
    return probes.find((it) => it.name === name)!;
  };
  return { home, desk, probe, env: home.env };
}

/** When it was written to last, epoch ms. */
const stored = ({ raw }: Store): number =>
  Number(
    raw
      .query<{ value: string }, []>(
        "SELECT value FROM meta WHERE key = 'last_health_probe'",
      )
      .get()?.value,
  );

describe("a server that is well", () => {
  test("is ok in every respect, and its store was written to", async () => {
    const { home, desk } = watched();
    await using _ = home;
    const view = await desk.look();
    expect(view.probes.map(({ name }) => name)).toEqual(PROBE_NAMES);
    expect(view.probes.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(view.status).toBe("ok");
    expect(stored(home.store)).toBeWithin(view.at - 5_000, view.at + 1);
    desk.stop();
  });

  test("is looked at four times a second and written to once, however many ask", async () => {
    const { home, desk, env } = watched();
    await using _ = home;
    await pass(env, INTERVAL_MS);
    let commits = 0;
    home.store.commit.watch({ begun: () => void commits++, ending: () => {} });
    const views = await Promise.all(
      Array.from({ length: 500 }, () => desk.look()),
    );
    expect(new Set(views).size).toBe(1);
    expect(commits).toBe(1);
    await pass(env, 249);
    expect(await desk.look()).toBe(views[0]!);
    await pass(env, 1);
    expect(await desk.look()).not.toBe(views[0]!);
    const before = stored(home.store);
    await pass(env, 749);
    await desk.look();
    expect(stored(home.store)).toBe(before);
    await pass(env, 1_000);
    await desk.look();
    expect(stored(home.store)).toBe(before + 1_999);
  });

  test("says how long its commits take, of the last minute", async () => {
    const { home, probe, env } = watched();
    await using _ = home;
    for (let n = 0; n < 30; n++) await home.store.commit.write(() => {});
    expect((await probe("commit")).detail).toMatch(/^95% of 3\d commits/);
    await pass(env, 70_000);
    expect((await probe("commit")).figures["n"]).toBeLessThan(20);
  });
});

describe("a store", () => {
  test("whose disk is full is failing: here a file may not grow beyond a limit", async () => {
    const child = Bun.spawn(
      [
        "sh",
        "-c",
        // In blocks of 512 or 1,024 bytes. Ignored, the signal leaves the error to whoever writes.
        `trap '' XFSZ; ulimit -f 2048; exec "$@"`,
        "sh",
        process.execPath,
        join(import.meta.dir, "children/full-disk.ts"),
      ],
      { stdout: "pipe", stderr: "inherit" },
    );
    const { before, refused, after } = (await child.stdout.json()) as Record<
      string,
      unknown
    >;
    expect(before).toMatchObject({ status: "ok", store: "ok" });
    expect(refused).toMatch(/refused a write|disk is full/);
    expect(after).toMatchObject({ status: "failing", store: "failing" });
    expect((after as { detail: string }).detail).toMatch(
      /^the store refused \d+ writes?, .*(?:disk I\/O error|disk is full)/,
    );
  });

  test("that takes no new tasks says why", async () => {
    const { home, probe } = watched();
    await using _ = home;
    home.refusal = new BalancerError("STORAGE_FULL", "the disk is full", {
      hint: "Free at least 64 MiB; nothing was stored.",
    });
    expect(await probe("store")).toMatchObject({
      status: "failing",
      detail: "the disk is full. Free at least 64 MiB; nothing was stored.",
    });
  });

  test("that another process holds is failing in time, and not written to more for being looked at", async () => {
    const { home, desk, probe, env } = watched();
    await using _ = home;
    await pass(env, 1_000);
    const write = spyOn(home.store.commit, "write");
    using other = new Database(join(home.parts.home, "flow.db"));
    other.run("BEGIN IMMEDIATE");
    for (let look = 0; look < 2; look++) {
      const looked = probe("store");
      await pass(env, 2_050);
      expect(await looked).toMatchObject({
        status: "failing",
        detail: "could not be looked at: it gave no answer within 2000 ms",
      });
    }
    expect(write).toHaveBeenCalledTimes(1);
    other.run("ROLLBACK");
    await pass(env, 6_000);
    expect((await desk.look()).status).toBe("ok");
  });
});

test("a disk without room is failing, before anything is lost", async () => {
  const { home, desk, probe, env } = watched();
  await using _ = home;
  home.room = { ...home.room, freeBytes: 300 * MIB };
  expect((await probe("disk")).status).toBe("degraded");
  home.room = { ...home.room, freeBytes: 10 * MIB };
  await pass(env, 1_000);
  expect(await probe("disk")).toMatchObject({ status: "failing" });
  expect((await desk.look()).status).toBe("failing");
});

describe("a pool", () => {
  test("without a worker is tried by starting one, once a minute", async () => {
    const { home, probe, env } = watched();
    await using _ = home;
    home.status = { ...home.status, idle: 0 };
    for (let look = 0; look < 10; look++) {
      expect((await probe("pool")).detail).toMatch(/trial was ready after 80/);
      await pass(env, 1_000);
    }
    expect(home.trials).toBe(1);
    await pass(env, 60_000);
    await probe("pool");
    expect(home.trials).toBe(2);
  });

  test("is not failing for a trial that takes its time", async () => {
    const { home, probe, env } = watched();
    await using _ = home;
    home.status = { ...home.status, idle: 0 };
    const { promise, resolve } = Promise.withResolvers<void>();
    home.beforeTrial = promise;
    for (const seconds of ["1.00 s", "2.00 s"]) {
      const looked = probe("pool");
      await pass(env, 1_000);
      const { status, detail } = await looked;
      expect(status).toBe("ok");
      expect(detail).toContain(`starting as a trial for ${seconds}`);
    }
    resolve();
    await pass(env, 250);
    expect((await probe("pool")).detail).toMatch(/trial was ready/);
    expect(home.trials).toBe(1);
  });

  test("that had one not long ago, or cannot start any, needs no trial", async () => {
    const { home, probe, env } = watched();
    await using _ = home;
    await probe("pool");
    home.status = { ...home.status, idle: 0 };
    await pass(env, 30_000);
    expect((await probe("pool")).status).toBe("ok");
    const { starts } = home;
    home.starts = { ...starts, failed: 3, reason: "ENOMEM", waitMs: 4_000 };
    await pass(env, 60_000);
    expect((await probe("pool")).status).toBe("failing");
    home.starts = { ...starts, closing: true };
    await pass(env, 60_000);
    expect((await probe("pool")).detail).toMatch(/shutting down/);
    expect(home.trials).toBe(0);
  });
});
