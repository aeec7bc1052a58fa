import { expect, test } from "bun:test";
import { running } from "../model/pool-commands.ts";
import { PoolPlay, SETTINGS } from "../model/pool-play.ts";

test("a worker kept for a kind serves any session of it, as long as it holds nobody's memory", async () => {
  const play = new PoolPlay({ ...SETTINGS, maxWorkers: 2, spareWorkers: 0 });
  await play.step(running("env", { session: "a", binds: true }));
  await play.step(running("env", { session: "a" }));
  await play.step({ type: "advance", ms: 100 });
  await play.step(running("plain"));
  await play.step(running("env", { session: "b", priority: -5 }));
  await play.step({ type: "finish", pick: 1, how: "completed" });
  expect(play.pool.status().waiting).toBe(1);
  await play.play([]);
});
