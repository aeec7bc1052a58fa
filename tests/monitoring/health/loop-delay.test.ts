import { expect, test } from "bun:test";
import { bunEnv } from "../../../flow-balancer/env.ts";
import { LoopDelay } from "../../../monitoring/health/loop-delay.ts";
import { FakeEnv } from "../../support/fake-env.ts";
import { until } from "../../support/until.ts";

const WINDOW_MS = 10_000;

test("a real loop that stood still shows", async () => {
  const loop = new LoopDelay(bunEnv);
  expect(loop.read()).toBeNull();
  Bun.sleepSync(400);
  const delay = await until("a delay", () => loop.read());
  expect(delay.maxMs).toBeGreaterThan(300);
  expect(delay.p99Ms).toBeGreaterThan(300);
  loop.stop();
  expect(loop.read()).toBeNull();
  loop.stop();
});

test("is measured while somebody asks, over one to two windows", () => {
  const env = new FakeEnv();
  const loop = new LoopDelay(env);
  expect(env.waiting).toBe(0);
  expect(loop.read()).toBeNull();
  env.advance(900);
  expect(loop.read()).toBeNull();
  // Every further timer comes 300 ms late.
  const { timer } = env;
  env.timer = (ms, fn) => timer(ms + 300, fn);
  env.advance(7_000);
  expect(loop.read()).toMatchObject({ p99Ms: expect.closeTo(300, -1) });
  env.timer = timer;
  env.advance(WINDOW_MS);
  expect(loop.read()?.maxMs).toBeCloseTo(300, -1);
  env.advance(2 * WINDOW_MS);
  expect(loop.read()?.maxMs).toBeLessThan(1);
  env.advance(59_000);
  expect(env.waiting).toBe(1);
  env.advance(2_000);
  expect(env.waiting).toBe(0);
  expect(loop.read()).toBeNull();
  expect(env.waiting).toBe(1);
});
