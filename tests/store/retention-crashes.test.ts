import { expect, test } from "bun:test";
import fc from "fast-check";
import { TASK_STATES } from "../../flow-balancer/core/task.ts";
import { RetentionDesk } from "./retention-desk.ts";

const planted = fc.record({
  state: fc.constantFrom(...TASK_STATES),
  age: fc.constantFrom(0.001, 1, 29, 31, 40),
  onBoard: fc.boolean(),
});
const deaths = fc.record({
  at: fc.integer({ min: 1, max: 12 }),
  when: fc.constantFrom("before", "torn", "after"),
});

test("whatever dies at whatever step: nothing is lost, nothing is in both, the tallies are right", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(planted, { minLength: 1, maxLength: 25 }),
      fc.array(deaths, { maxLength: 5 }),
      fc.integer({ min: 1, max: 12 }),
      async (all, dying, keepTasks) => {
        using desk = new RetentionDesk();
        const ids = desk.plantAll(all);
        const settings = { batchTasks: 4, keepTasks };
        for (const { at, when } of dying) {
          await desk
            .dying(settings, at, when)
            .runOnce()
            .catch(() => null);
          const seen = new Set([
            ...desk.stored(),
            ...(await desk.archived()).map(({ task }) => task.id),
          ]);
          expect([...ids].filter((id) => !seen.has(id))).toEqual([]);
          // What it held runs out.
          desk.env.advance(60_001);
        }
        await desk.process(settings).runOnce();
        const stored = desk.stored();
        const gone = new Set(
          (await desk.archived()).map(({ task }) => task.id),
        );
        expect(stored.filter((id) => gone.has(id))).toEqual([]);
        expect(stored.length + gone.size).toBe(ids.length);
        for (const [n, { state, age }] of all.entries()) {
          const isOpen = state === "queued" || state === "running";
          const mustStay = isOpen || age < 0.005 || n === all.length - 1;
          const mustGo = !mustStay && age > 30;
          const id = ids[n]!;
          if (mustStay) expect(stored).toContain(id);
          if (mustGo) expect(stored).not.toContain(id);
        }
        for (const state of TASK_STATES)
          expect(desk.tally(state)).toBe(
            all.filter(
              (it, n) => it.state === state && stored.includes(ids[n]!),
            ).length,
          );
      },
    ),
    { numRuns: 60 },
  );
});
