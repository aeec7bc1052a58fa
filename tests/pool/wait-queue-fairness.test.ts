import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { AGE_MS, newQueue } from "./wait-queue-under-test.ts";

describe("the wait queue is fair", () => {
  test("sessions that have work waiting are never more than one job apart, however others come and go", () => {
    const arrival = fc.record({
      session: fc.constantFrom("c", "d", "e"),
      serveAfter: fc.nat(4),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
        const { add, serve } = newQueue();
        const served = { a: 0, b: 0 };
        const serveOne = () => {
          const name = serve()?.waiting.session;
          if (name === "a" || name === "b") served[name]++;
          expect(Math.abs(served.a - served.b)).toBeLessThanOrEqual(1);
        };
        // One floods; the other comes later and has less, but always something.
        for (let i = 0; i < 300; i++) add({ session: "a" });
        for (let i = 0; i < 200; i++) add({ session: "b" });
        for (const one of arrivals) {
          add({ session: one.session });
          for (let i = 0; i < one.serveAfter; i++) serveOne();
        }
        for (let i = 0; i < 100; i++) serveOne();
      }),
      { numRuns: 100 },
    );
  });

  test("shares by expected run time: ten short tasks for one that takes ten times as long", () => {
    const { add, serve } = newQueue();
    for (let i = 0; i < 20; i++) add({ session: "long", costMs: 100 });
    for (let i = 0; i < 200; i++) add({ session: "short", costMs: 10 });
    let long = 0;
    for (let i = 0; i < 110; i++)
      if (serve()?.waiting.session === "long") long++;
    expect(long).toBe(10);
  });

  test("ageing: under an endless stream of the highest priority the lowest is served after 20 levels, not before", () => {
    const { add, serve } = newQueue();
    add({ priority: -10, session: "low" }, 0);
    let servedAt = 0;
    for (let now = 1; servedAt === 0 && now < 10_000; now += 10) {
      add({ priority: 10, session: "high" }, now);
      if (serve(now)?.waiting.session === "low") servedAt = now;
    }
    expect(servedAt).toBeGreaterThanOrEqual(20 * AGE_MS);
    expect(servedAt).toBeLessThan(21 * AGE_MS);
  });

  test("an endless stream of new sessions starves none that was there before", () => {
    const { add, serve } = newQueue();
    for (let i = 0; i < 10; i++) add({ session: "old", costMs: 50 });
    let old = 0;
    for (let i = 0; i < 1_000 && old < 10; i++) {
      add({ session: `new${i}`, costMs: 10 });
      if (serve()?.waiting.session === "old") old++;
    }
    expect(old).toBe(10);
  });

  test("deadlines that leave no room do not starve what has none: every sixteenth turn is not theirs", () => {
    const { queue, add } = newQueue();
    for (let i = 0; i < 20; i++) add({ session: "patient" });
    let patient = 0;
    for (let now = 0; now < 320; now++) {
      add({ session: "due", latestStartAt: now, hopelessAt: 1e6 }, now);
      const node = queue.next(now);
      if (node === null) break;
      queue.take(node, now);
      if (node.waiting.session === "patient") patient++;
    }
    expect(patient).toBe(20);
  });
});
