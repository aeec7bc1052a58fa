import { expect, test } from "bun:test";
import { running } from "../model/pool-commands.ts";
import { PoolPlay } from "../model/pool-play.ts";

test("a task that is held back, because its like killed a worker, fails when its deadline passes", async () => {
  const play = new PoolPlay();
  await play.step(running("plain"));
  await play.step({ type: "advance", ms: 40 });
  await play.step({ type: "crash", pick: 0, with: "task" });
  await play.step(running("plain"));
  await play.step({ type: "advance", ms: 200 });
  // One of its like runs, alone, and takes its time.
  await play.step(running("plain", { deadlineMs: 500 }));
  await play.step({ type: "advance", ms: 600 });
  const [suspect, , held] = play.oracle.account.tasks;
  expect(suspect?.outcome).toBeNull();
  expect(held?.outcome?.result).toMatchObject({
    status: "failed",
    error: { code: "DEADLINE_PASSED" },
  });
  await play.play([]);
});
