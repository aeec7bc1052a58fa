import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { BridgeRig } from "../queue/bridge-rig.ts";

test("what another bridge offered, and a script did, while a slow one got ready to offer it is not offered again", async () => {
  const scripts = new BridgeRig();
  const { env, store, home } = scripts.rig;
  await scripts.add(1);
  await scripts.wanted();
  const [offer] = scripts.list("offer");
  // Where the slow one looks first, the quick one has claimed the task and not yet made its file.
  rmSync(scripts.path("offer", offer!));
  let isSlow = true;
  const slow = scripts.newBridge({
    env: Object.assign(Object.create(env) as typeof env, {
      unique: () => {
        if (isSlow) {
          isSlow = false;
          store.raw.run(
            "UPDATE tasks SET holder = NULL, lease_boot = NULL, state = 'completed', settled_at = 1",
          );
        }
        return env.unique();
      },
    }),
  });
  await slow.sync();
  expect(isSlow).toBe(false);
  expect(scripts.list("offer")).toEqual([]);
  expect(scripts.list("tmp")).toEqual([]);
  await scripts.rig.close();
  rmSync(home, { recursive: true, force: true });
});
