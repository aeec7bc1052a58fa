import { expect, test } from "bun:test";
import { running } from "../model/pool-commands.ts";
import { PoolPlay } from "../model/pool-play.ts";

test("a task held back beside one on trial runs once the wait is over that the trial's death began", async () => {
  const play = new PoolPlay();
  for (let n = 0; n < 4; n++)
    await play.step(running("plain", { kills: true }));
  // All kill worker after worker until they are poisoned: none is forgotten.
  await play.recover();
  for (const { outcome } of play.oracle.account.tasks)
    expect(outcome?.result.status).toBe("poisoned");
  await play.play([]);
});
