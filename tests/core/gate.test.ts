import { expect, test } from "bun:test";
import fc from "fast-check";
import { Gate } from "../../flow-balancer/core/gate.ts";

const settled = async <T>(promise: Promise<T>): Promise<T | "waiting"> => {
  // Two turns of the microtask queue are more than a settled promise needs.
  const later = Promise.resolve().then(() => undefined);
  return Promise.race([promise, later.then(() => "waiting" as const)]);
};

test("lets `limit` in, in order of arrival, and one more for each that leaves", async () => {
  const gate = new Gate(2);
  const entries = [1, 2, 3, 4].map(() => gate.enter());
  expect(await Promise.all(entries.map(settled))).toEqual([
    true,
    true,
    "waiting",
    "waiting",
  ]);
  gate.leave();
  expect(await Promise.all(entries.map(settled))).toEqual([
    true,
    true,
    true,
    "waiting",
  ]);
});

test("shut: who waits and who comes is turned away, who is in stays in", async () => {
  const gate = new Gate(1);
  const [inside, waiting] = [gate.enter(), gate.enter()];
  gate.shut();
  gate.shut();
  expect(await Promise.all([inside, waiting, gate.enter()])).toEqual([
    true,
    false,
    false,
  ]);
  gate.leave();
  expect(await gate.enter()).toBe(false);
});

test("whatever comes and goes, never more than `limit` are inside and nobody waits beside a free place", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom("enter", "enter", "leave"), { maxLength: 60 }),
      async (limit, steps) => {
        const gate = new Gate(limit);
        const order: number[] = [];
        let [asked, inside] = [0, 0];
        for (const step of steps) {
          if (step === "enter") {
            const me = asked++;
            void gate.enter().then(() => (order.push(me), inside++));
          } else if (inside > 0) {
            inside--;
            gate.leave();
          }
          await Promise.resolve();
          await Promise.resolve();
          expect(inside).toBeLessThanOrEqual(limit);
          expect(inside).toBe(Math.min(limit, asked - (order.length - inside)));
        }
        expect(order).toEqual(order.map((_, index) => index));
      },
    ),
    { numRuns: 200 },
  );
});
