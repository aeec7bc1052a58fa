import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { WaitList } from "../../flow-balancer/pool/wait-list.ts";

interface Job {
  readonly priority: number;
  readonly serial: number;
}

describe("the wait list", () => {
  test("serves as a list sorted by priority, then by arrival, whatever comes and goes", () => {
    const step = fc.oneof(
      fc.record({
        type: fc.constant("add" as const),
        priority: fc.integer({ min: -3, max: 3 }),
      }),
      fc.record({ type: fc.constant("delete" as const), at: fc.nat(30) }),
      fc.record({ type: fc.constant("delete twice" as const), at: fc.nat(30) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const list = new WaitList<Job>();
        const all: Job[] = [];
        let model: Job[] = [];
        for (const one of steps) {
          if (one.type === "add") {
            const job = { priority: one.priority, serial: all.length };
            all.push(job);
            list.add(job);
            model = [...model, job].sort(
              (a, b) => b.priority - a.priority || a.serial - b.serial,
            );
          } else if (all.length > 0) {
            const job = all[one.at % all.length]!;
            const there = model.includes(job);
            expect(list.delete(job)).toBe(there);
            if (one.type === "delete twice")
              expect(list.delete(job)).toBe(false);
            model = model.filter((other) => other !== job);
          }
          expect([...list]).toEqual(model);
          expect(list.size).toBe(model.length);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a job may be deleted while it is visited; the others are still visited once", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -2, max: 2 }), { maxLength: 30 }),
        fc.infiniteStream(fc.boolean()),
        (priorities, drop) => {
          const list = new WaitList<Job>();
          const jobs = priorities.map((priority, serial) => ({
            priority,
            serial,
          }));
          for (const job of jobs) list.add(job);
          const before = [...list];
          const visited: Job[] = [];
          const kept: Job[] = [];
          for (const job of list) {
            visited.push(job);
            if (drop.next().value) list.delete(job);
            else kept.push(job);
          }
          expect(visited).toEqual(before);
          expect([...list]).toEqual(kept);
        },
      ),
    );
  });
});
