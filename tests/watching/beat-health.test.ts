/** The loop that says a server lives and takes back the work of the dead is killed in every way it can be. */

import { describe, expect, test } from "bun:test";
import { bunEnv } from "../../flow-balancer/env.ts";
import { HealthDesk } from "../../flow-balancer/watching/health-desk.ts";
import type { ProbeView } from "../../monitoring/api/overview-views.ts";
import { FakeEnv } from "../support/fake-env.ts";
import {
  INTERVAL_MS,
  pass,
  settle,
  WatchedHome,
} from "../support/watched-home.ts";

function watched() {
  const home = new WatchedHome(new FakeEnv());
  const desk = new HealthDesk(home.parts);
  home.keeper.start();
  const probe = async (name: "heartbeat" | "reaper"): Promise<ProbeView> => {
    const { probes } = await desk.look();
    return probes.find((it) => it.name === name)!;
  };
  return { home, desk, probe, env: home.env };
}

/** How it is cut off, and what is said of it. */
const KILLS: readonly [
  string,
  "heartbeat" | "reaper",
  (home: WatchedHome) => void,
  RegExp,
][] = [
  [
    "stopped",
    "heartbeat",
    (it) => (it.isStopped = true),
    /the loop has stopped/,
  ],
  ["stopped", "reaper", (it) => (it.isStopped = true), /the loop has stopped/],
  [
    "hung",
    "reaper",
    (it) => (it.beforeSweep = () => new Promise(() => {})),
    /in step 'sweep'/,
  ],
  [
    "thrown in",
    "reaper",
    (it) => {
      it.beforeSweep = () => {
        throw new Error("no such table: tasks");
      };
    },
    /'sweep' failed \d times in a row: no such table: tasks/,
  ],
  [
    "thrown in",
    "heartbeat",
    (it) => {
      it.beforeHold = () => {
        throw new Error("EROFS");
      };
    },
    /'presence' failed \d times in a row: EROFS/,
  ],
  [
    "thrown in at the rescue",
    "reaper",
    (it) => {
      it.beforeRescue = () => {
        throw new Error("EACCES");
      };
    },
    /'rescue' failed \d times in a row: EACCES/,
  ],
];

describe("the loop that keeps a server alive and others' work safe", () => {
  test.each(KILLS)(
    "%s: %s is failing within two intervals",
    async (_, name, kill, says) => {
      const { home, desk, probe, env } = watched();
      await pass(env, 3_000);
      expect((await desk.look()).status).toBe("ok");
      kill(home);
      // From the last beat that came.
      await pass(env, 2 * INTERVAL_MS);
      const { status, detail } = await probe(name);
      expect(status).toBe("failing");
      expect(detail).toMatch(says);
      expect((await desk.look()).status).toBe("failing");
      // Never closed: what hangs would be waited for.
      home.store.raw.close();
    },
  );

  test("is well again once it goes on", async () => {
    const { home, probe, env } = watched();
    await using _ = home;
    await pass(env, 1_000);
    home.beforeSweep = () => {
      throw new Error("for a while");
    };
    await pass(env, 2_000);
    expect((await probe("reaper")).status).toBe("failing");
    home.beforeSweep = () => {};
    await pass(env, 2_000);
    expect((await probe("reaper")).status).toBe("ok");
  });

  test("that was held up with everything else has not stopped", async () => {
    await using home = new WatchedHome(bunEnv);
    const desk = new HealthDesk(home.parts);
    home.keeper.start();
    await settle();
    // The event loop stands still for two beats.
    Bun.sleepSync(2.2 * INTERVAL_MS);
    const { probes } = await desk.look();
    desk.stop();
    const beat = probes.find(({ name }) => name === "heartbeat");
    expect(beat?.status).toBe("ok");
  });
});
