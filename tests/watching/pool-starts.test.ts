/** A pool of real workers, of which none can be started any more. */

import { expect, test } from "bun:test";
import { bunEnv } from "../../flow-balancer/env.ts";
import { HealthDesk } from "../../flow-balancer/watching/health-desk.ts";
import { PoolUnderTest } from "../support/pool-under-test.ts";
import { until } from "../support/until.ts";
import { WatchedHome } from "../support/watched-home.ts";

test("is ok while one is ready, and failing once three starts in a row have failed", async () => {
  await using home = new WatchedHome(bunEnv);
  const well = new PoolUnderTest({ spareWorkers: 1 });
  const broken = new PoolUnderTest(
    { spareWorkers: 1 },
    { workDir: "/there/is/no/such/folder" },
  );
  try {
    // Spares alone are not started on a machine that is busy.
    const run = broken.shell(["true"]);
    const judged = (under: PoolUnderTest) => {
      const desk = new HealthDesk({ ...home.parts, pool: under.pool });
      return async () => {
        const { probes } = await desk.look();
        return probes.find(({ name }) => name === "pool")!;
      };
    };
    await well.shell(["true"]).done;
    expect(well.pool.starts()).toEqual({
      ...{ failed: 0, reason: "", waitMs: 0 },
      closing: false,
    });
    expect((await judged(well)()).status).toBe("ok");
    const look = judged(broken);
    const found = await until("bad health", async () => {
      const probe = await look();
      return probe.status === "failing" ? probe : null;
    });
    expect(found.detail).toMatch(
      /^[3-9] starts of a worker failed in a row .*0 ready/,
    );
    expect(found.detail).toMatch(/no such|ENOENT/i);
    run.cancel();
    await run.done;
  } finally {
    await Promise.all([well.destroy(), broken.destroy()]);
  }
  expect(well.pool.starts().closing).toBe(true);
}, 30_000);
