import { expect, test } from "bun:test";
import { running } from "../model/pool-commands.ts";
import { PoolPlay, SETTINGS } from "../model/pool-play.ts";

test("a task that waits for its session's worker takes an idle one when that session is released", async () => {
  const play = new PoolPlay({ ...SETTINGS, maxWorkers: 2, spareWorkers: 1 });
  await play.step(running("plain", { session: "a", binds: true }));
  await play.step({ type: "advance", ms: 100 });
  // Tasks were short so far, so that waiting is cheaper than to move.
  for (let n = 0; n < 3; n++) {
    await play.step({ type: "finish", pick: 0, how: "completed" });
    await play.step(running("plain", { session: "a" }));
  }
  await play.step(running("plain", { session: "a" }));
  expect(play.pool.status()).toMatchObject({ waiting: 1, idle: 1 });
  await play.step({ type: "release", session: "a" });
  expect(play.pool.status().waiting).toBe(0);
  await play.play([]);
});
