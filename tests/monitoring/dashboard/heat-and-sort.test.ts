/** How hot a cell is, and in which order rows stand. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { heatOf } from "../../../monitoring/dashboard/components/heat-share.ts";
import {
  nextOrder,
  sortRows,
} from "../../../monitoring/dashboard/components/sort-rows.ts";

describe("heat", () => {
  test.each([
    [0, 100, 0],
    [24.9, 100, 0],
    [25, 100, 1],
    [50, 100, 2],
    [80, 100, 3],
    [99.9, 100, 3],
    [100, 100, 4],
    [900, 100, 4],
    [1, 0, 4],
  ] as const)("%d ms of %d ms is level %d", (value, limit, level) => {
    expect(heatOf(value, limit)?.level).toBe(level);
  });

  test("what is not known has none", () => {
    expect(heatOf(null, 100)).toBeNull();
    expect(heatOf(100, null)).toBeNull();
  });

  test("a longer run is never cooler, a longer limit never hotter", () => {
    const ms = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, (a, b, limit) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)];
        const level = (value: number, of: number) =>
          heatOf(value, of)?.level ?? -1;
        expect(level(short, limit)).toBeLessThanOrEqual(level(long, limit));
        expect(level(limit, long)).toBeLessThanOrEqual(level(limit, short));
      }),
      { seed: 2 },
    );
  });
});

describe("sorting", () => {
  const rows = [
    { name: "w10", n: 2 },
    { name: "w9", n: null },
    { name: "W1", n: 7 },
  ];

  test("words by the numbers in them, whatever their case", () => {
    const names = sortRows(rows, ({ name }) => name, "ascending").map(
      ({ name }) => name,
    );
    expect(names).toEqual(["W1", "w9", "w10"]);
  });

  test("what is not known stands last either way", () => {
    const ns = (way: "ascending" | "descending") =>
      sortRows(rows, ({ n }) => n, way).map(({ n }) => n);
    expect(ns("ascending")).toEqual([2, 7, null]);
    expect(ns("descending")).toEqual([7, 2, null]);
  });

  test("nothing is lost or changed, and equals keep their order", () => {
    const row = fc.record({
      key: fc.option(fc.integer({ min: 0, max: 4 }), { nil: null }),
      id: fc.integer(),
    });
    fc.assert(
      fc.property(
        fc.array(row),
        fc.constantFrom("ascending" as const, "descending" as const),
        (list, way) => {
          const before = [...list];
          const sorted = sortRows(list, ({ key }) => key, way);
          expect(list).toEqual(before);
          expect(new Set(sorted)).toEqual(new Set(list));
          for (const key of [0, 1, 2, 3, 4, null]) {
            const own = (of: typeof list) => of.filter((it) => it.key === key);
            expect(own(sorted)).toEqual(own(list));
          }
        },
      ),
      { seed: 8 },
    );
  });

  test("a second press turns it, another column begins its own way", () => {
    const first = nextOrder(null, "n", "descending");
    expect(first).toEqual({ key: "n", direction: "descending" });
    const second = nextOrder(first, "n", "descending");
    expect(second).toEqual({ key: "n", direction: "ascending" });
    expect(nextOrder(second, "name", "ascending")).toEqual({
      key: "name",
      direction: "ascending",
    });
  });
});
