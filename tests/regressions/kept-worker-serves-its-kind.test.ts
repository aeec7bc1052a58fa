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

test("the first of a kind that waits for its session's worker keeps the kind's idle worker from no other", async () => {
  const play = new PoolPlay({ ...SETTINGS, maxWorkers: 2, spareWorkers: 0 });
  const ofA = running("env", { session: "a", binds: true });
  await play.step(ofA);
  await play.step(running("env"));
  await play.step({ type: "advance", ms: 100 });
  for (let n = 0; n < 2; n++)
    await play.step({ type: "finish", pick: 0, how: "completed" });
  // Now it is known that they are short, and worth waiting for.
  await play.step(ofA);
  await play.step(running("env"));
  // No worker is one for the first in the queue.
  await play.step(running("plain"));
  await play.step(ofA);
  await play.step(running("env", { session: "b", priority: -5 }));
  await play.step({ type: "finish", pick: 1, how: "completed" });
  expect(play.pool.status()).toMatchObject({ waiting: 2, busy: 2 });
  await play.play([]);
});
