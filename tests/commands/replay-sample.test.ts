import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  sampledWords,
  TaskSample,
} from "../../flow-balancer/replay/task-sample.ts";

const rowOf = (id: string, output = "x") => ({
  id,
  expert: "a",
  ok: null,
  output,
});

describe("a sample of a trace", () => {
  test("is all of it where it is small enough, in its order", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 50 }), (ids) => {
        const sample = new TaskSample({ rows: 50, chars: 50 });
        for (const id of ids) sample.add(rowOf(id));
        expect(sample.rows.map(({ id }) => id)).toEqual(ids);
        expect(sample.seen).toBe(ids.length);
      }),
    );
  });

  test("is of whole tasks, within the limits, in the order of the trace, whatever that order is", () => {
    const ids = Array.from({ length: 3_000 }, (_, at) => `task ${at % 1_000}`);
    const limits = { rows: 500, chars: 1_000 };
    const sampleOf = (order: readonly string[]) => {
      const sample = new TaskSample(limits);
      for (const id of order) sample.add(rowOf(id, "xyz"));
      return sample.rows.map(({ id }) => id);
    };
    const kept = sampleOf(ids);
    const names = new Set(kept);
    // 333 rows are as many as there is room for: at least half of that is used.
    expect(kept.length).toBeLessThanOrEqual(333);
    expect(kept.length).toBeGreaterThan(100);
    expect(kept).toEqual(ids.filter((id) => names.has(id)));
    expect(new Set(sampleOf(ids.toReversed()))).toEqual(names);
  });

  test("says where no task is small enough", () => {
    const sample = new TaskSample({ rows: 10, chars: 1_000 });
    for (let at = 0; at < 100; at++) sample.add(rowOf("one"));
    expect(() => sample.rows).toThrow("more than 10 rows");
  });

  test("says its limits", () => {
    expect(sampledWords({ rows: 25_000, chars: 7 })).toContain(
      "beyond 25,000 rows or 7 characters",
    );
  });
});
