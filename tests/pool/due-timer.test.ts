import { expect, test } from "bun:test";
import fc from "fast-check";
import { DueTimer } from "../../flow-balancer/pool/due-timer.ts";
import { FakeEnv } from "../support/fake-env.ts";

test("every deadline that still stands is told when it passes, never before, with one timer", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          wait: fc.integer({ min: 0, max: 50 }),
          ms: fc.integer({ min: 0, max: 400 }),
          dropped: fc.boolean(),
        }),
        { maxLength: 40 },
      ),
      (steps) => {
        const env = new FakeEnv();
        const pending = new Map<number, number>();
        const told: (readonly [number, number])[] = [];
        const timer = new DueTimer(env, (now) => {
          for (const [id, at] of pending)
            if (now >= at) {
              told.push([id, now]);
              pending.delete(id);
            }
          return Math.min(Number.POSITIVE_INFINITY, ...pending.values());
        });
        const wanted = new Map<number, number>();
        steps.forEach(({ wait, ms, dropped }, id) => {
          env.advance(wait);
          const at = env.mono() + ms;
          pending.set(id, at);
          timer.need(at);
          if (dropped && pending.delete(id)) return;
          wanted.set(id, at);
        });
        env.advance(1_000);
        expect(new Map(told)).toEqual(wanted);
        expect(env.waiting).toBe(0);
      },
    ),
  );
});

test("a stopped one tells nothing", () => {
  const env = new FakeEnv();
  let told = 0;
  const timer = new DueTimer(env, () => {
    told++;
    return Number.POSITIVE_INFINITY;
  });
  timer.need(10);
  timer.stop();
  timer.need(20);
  env.advance(100);
  expect(told).toBe(0);
});
