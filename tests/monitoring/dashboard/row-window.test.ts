import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  MOST_SELECTED,
  NOTHING_SELECTED,
  touch,
  touchAll,
} from "../../../monitoring/dashboard/row-selection.ts";
import {
  rowWindow,
  scrollFor,
} from "../../../monitoring/dashboard/row-window.ts";

const views = fc.record({
  scrollTop: fc.integer({ min: -200, max: 3_000_000 }),
  height: fc.integer({ min: 0, max: 2000 }),
  rowPx: fc.constant(28),
  count: fc.integer({ min: 0, max: 120_000 }),
  overscan: fc.integer({ min: 1, max: 40 }),
});

describe("the rows that are drawn", () => {
  test("cover what is in view, and are few", () => {
    fc.assert(
      fc.property(views, (view) => {
        const { first, end } = rowWindow(view);
        expect(first).toBeGreaterThanOrEqual(0);
        expect(end).toBeLessThanOrEqual(view.count);
        expect(first).toBeLessThanOrEqual(end);
        const top = Math.max(0, Math.floor(view.scrollTop / 28));
        const bottom = Math.ceil((view.scrollTop + view.height) / 28);
        expect(first).toBeLessThanOrEqual(top);
        if (top < view.count)
          expect(end).toBeGreaterThanOrEqual(Math.min(bottom, view.count));
        expect(end - first).toBeLessThanOrEqual(
          Math.ceil(view.height / 28) + 4 * view.overscan + 4,
        );
      }),
      { seed: 6 },
    );
  });

  test("stay the same under a small scroll", () => {
    const at = (scrollTop: number) =>
      rowWindow({
        scrollTop,
        height: 700,
        rowPx: 28,
        count: 1e5,
        overscan: 12,
      });
    const moves = Array.from({ length: 56 }, (_, i) => at(28_000 + i * 10));
    expect(new Set(moves.map((it) => it.first)).size).toBeLessThanOrEqual(5);
  });
});

test("a row out of view is scrolled to by the least; one in view stays", () => {
  const view = { scrollTop: 280, height: 280, rowPx: 28 };
  expect(scrollFor(9, view)).toBe(252);
  expect(scrollFor(10, view)).toBe(280);
  expect(scrollFor(19, view)).toBe(280);
  expect(scrollFor(20, view)).toBe(308);
});

describe("selecting rows", () => {
  const order = Array.from({ length: 600 }, (_, i) => `t${i}`);
  const one = { range: false, order };
  const range = { range: true, order };

  test("touches one, and with shift all up to it, either way", () => {
    const first = touch(NOTHING_SELECTED, "t5", one);
    expect([...first.ids]).toEqual(["t5"]);
    expect([...touch(first, "t3", range).ids].sort()).toEqual([
      "t3",
      "t4",
      "t5",
    ]);
    expect([...touch(first, "t6", range).ids].sort()).toEqual(["t5", "t6"]);
    expect(touch(first, "t5", one).ids.size).toBe(0);
  });

  test("takes a whole range out again", () => {
    const many = touch(touch(NOTHING_SELECTED, "t1", one), "t9", range);
    const anchored = { ...many, anchor: "t2" };
    expect([...touch(anchored, "t4", range).ids]).not.toContain("t3");
  });

  test("stops at what one request may name", () => {
    const first = touch(NOTHING_SELECTED, "t0", one);
    expect(touch(first, "t599", range).ids.size).toBe(MOST_SELECTED);
  });

  test("takes all, as many as go, and then none", () => {
    const all = touchAll(NOTHING_SELECTED, order);
    expect(all.ids.size).toBe(MOST_SELECTED);
    expect(touchAll(all, order)).toEqual(NOTHING_SELECTED);
  });

  test("a range whose beginning is gone is that one row", () => {
    const gone = { ids: new Set<string>(), anchor: "t-1" };
    expect([...touch(gone, "t7", range).ids]).toEqual(["t7"]);
  });
});
