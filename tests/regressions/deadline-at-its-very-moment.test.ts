import { expect, test } from "bun:test";
import { DueTimer } from "../../flow-balancer/pool/due-timer.ts";
import { FakeEnv } from "../support/fake-env.ts";

test("who is not done with a moment is not asked for it again and again", () => {
  const env = new FakeEnv();
  let asked = 0;
  const timer = new DueTimer(env, (now) => {
    if (++asked > 10) throw new Error("asked in a circle");
    // Done only once the moment lies behind.
    return now > 10 ? Infinity : 10;
  });
  timer.need(10);
  env.advance(20);
  expect(asked).toBe(2);
});
