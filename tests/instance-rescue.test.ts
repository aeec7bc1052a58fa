/** A real process is killed, and a keeper in this one, with real locks and clocks, looks after it. */

import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instanceId, type HolderId } from "../flow-balancer/core/ids.ts";
import { bunEnv } from "../flow-balancer/env.ts";
import { InstanceKeeper } from "../flow-balancer/instance-keeper.ts";
import { closeStore, openStore } from "../flow-balancer/store/database.ts";
import { InstanceLocks } from "../flow-balancer/store/instance-locks.ts";
import {
  pidStarted,
  processState,
} from "../flow-balancer/store/instance-process.ts";
import { Instances } from "../flow-balancer/store/instances.ts";
import { kill } from "./support/processes.ts";
import { until, within } from "./support/until.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function startChild(home: string) {
  const script = join(import.meta.dir, "store/children/instance-child.ts");
  const child = Bun.spawn([process.execPath, script, home], {
    stdout: "pipe",
    stderr: "inherit",
  });
  ends.push(() => (kill(child.pid), child.exited));
  const said = await within("instance", child.stdout.getReader().read());
  const id = new TextDecoder().decode(said.value).trim();
  return { child, id: instanceId(id.replace("instance_", "")) };
}

function startKeeper(home: string) {
  const store = openStore(join(home, "flow.db"), "normal", bunEnv);
  ends.push(() => closeStore(store));
  const instances = new Instances(store, bunEnv);
  const locks = new InstanceLocks(home);
  const reclaimed: HolderId[] = [];
  const errors: unknown[] = [];
  const keeper = new InstanceKeeper({
    rhythm: { heartbeatMs: 30_000, deadAfterMs: 60_000 },
    env: bunEnv,
    self: {
      id: instanceId(bunEnv.unique()),
      pid: process.pid,
      pidStarted: pidStarted(process.pid),
      transport: "stdio",
      projectRoot: home,
      version: "0",
      maxWorkers: 4,
    },
    instances,
    locks,
    processState,
    onDead: async () => {},
    queue: {
      release: async () => true,
      held: async () => [],
      reclaim: async (holder) => {
        reclaimed.push(holder);
        return { requeued: 1, unknown: 0, poisoned: 0, abandoned: 0 };
      },
      sweep: async () => ({ expired: 0, due: 0 }),
    },
    pool: { resize: () => {}, demand: () => 0 },
    live: () => [],
    onLost: () => {},
    onWake: () => {},
    onWork: () => {},
    onError: (_, thrown) => void errors.push(thrown),
  });
  keeper.start();
  ends.push(() => keeper.close());
  return { instances, locks, keeper, reclaimed, errors };
}

test("a killed process is found by its lock, a suspended one is left alone", async () => {
  const home = mkdtempSync(join(tmpdir(), "instance-rescue-"));
  ends.push(() => rmSync(home, { recursive: true }));
  const killed = await startChild(home);
  const suspended = await startChild(home);
  const { instances, locks, keeper, reclaimed, errors } = startKeeper(home);
  await until("all three", () => instances.alive().length === 3);
  kill(suspended.child.pid, "SIGSTOP");
  kill(killed.child.pid);
  await until("end", () => instances.get(killed.id)?.end === "died");
  await until("removal", () => !locks.ids().includes(killed.id));
  expect(reclaimed).toEqual([killed.id]);
  expect(instances.get(suspended.id)?.end).toBeNull();
  expect(keeper.status().found.dead).toBe(1);
  expect(errors).toEqual([]);
});
