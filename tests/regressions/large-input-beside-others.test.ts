import { expect, test } from "bun:test";
import { running } from "../model/pool-commands.ts";
import { PoolPlay, SETTINGS } from "../model/pool-play.ts";

test("a task too large to share a busy worker takes an idle one, and holds nobody up", async () => {
  const play = new PoolPlay({ ...SETTINGS, maxWorkers: 3, spareWorkers: 1 });
  await play.step(running("many", { inputChars: 70_000 }));
  await play.step({ type: "advance", ms: 200 });
  expect(play.pool.status()).toMatchObject({ busy: 1, idle: 1 });
  await play.step(running("many", { inputChars: 70_000 }));
  expect(play.pool.status()).toMatchObject({ busy: 2, waiting: 0 });
  await play.play([]);
});
