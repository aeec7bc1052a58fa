import { expect, test } from "bun:test";
import { running } from "../model/pool-commands.ts";
import { PoolPlay, SETTINGS } from "../model/pool-play.ts";

test("who counted on a worker that went above a lowered maximum gets another one's place", async () => {
  const play = new PoolPlay({ ...SETTINGS, maxWorkers: 2, spareWorkers: 0 });
  await play.step(running("plain"));
  await play.step(running("script", { session: "a" }));
  await play.step({ type: "advance", ms: 100 });
  await play.step(running("plain"));
  await play.step({ type: "resize", workers: 1 });
  // Both are done in one turn: one holds a session's memory, the other was to go and does.
  await play.recover();
  expect(play.floor.clock.mono()).toBeLessThan(1_000);
  await play.play([]);
});

test("the same where the one that goes never became ready", async () => {
  const play = new PoolPlay({ ...SETTINGS, maxWorkers: 4, spareWorkers: 0 });
  await play.step(running("env"));
  await play.step(running("env", { session: "a" }));
  await play.step(running("env", { session: "b" }));
  await play.step({ type: "advance", ms: 100 });
  // The fourth hangs in its start.
  await play.step(running("plain"));
  await play.step({ type: "hang", pick: 3 });
  await play.step({ type: "resize", workers: 3 });
  for (let n = 0; n < 3; n++)
    await play.step({ type: "finish", pick: 0, how: "completed" });
  expect(play.pool.status()).toMatchObject({ idle: 3, waiting: 1 });
  await play.step({ type: "advance", ms: 700 });
  expect(play.pool.status()).toMatchObject({ waiting: 0 });
  await play.play([]);
});
