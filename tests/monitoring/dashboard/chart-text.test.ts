/** What a chart says in words, and where its markers and lines stand. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  markNear,
  placeMarks,
} from "../../../monitoring/dashboard/components/chart-marks.ts";
import {
  logSteps,
  summarise,
  timeLabels,
  timeOfDay,
} from "../../../monitoring/dashboard/components/chart-text.ts";
import { chartValue } from "../../../monitoring/dashboard/components/chart-value.ts";

const at = (h: number, m: number, s = 0): number =>
  new Date(2026, 10, 21, h, m, s).getTime();

describe("in words", () => {
  test("newest is the last known value, not the last point", () => {
    expect(summarise([3, 9, null, 4, null])).toEqual({
      newest: 4,
      lowest: 3,
      highest: 9,
    });
    expect(summarise([null, null])).toEqual({
      newest: null,
      lowest: null,
      highest: null,
    });
  });

  test("values have their unit", () => {
    expect(chartValue(1500, "ms")).toBe("1.5 s");
    expect(chartValue(2048, "bytes")).toBe("2.0 KiB");
    expect(chartValue(0.25, "share")).toBe("25%");
    expect(chartValue(12, "a second")).toBe("12 a second");
    expect(chartValue(12, "")).toBe("12");
    expect(chartValue(null, "ms")).toBe("–");
  });

  test("seconds only where they differ, the day at midnight", () => {
    expect(timeOfDay(at(9, 5, 7))).toBe("09:05:07");
    expect(timeLabels([at(9, 5), at(9, 6)], 60_000)).toEqual([
      "09:05",
      "09:06",
    ]);
    expect(timeLabels([at(9, 5, 30)], 10_000)).toEqual(["09:05:30"]);
    expect(timeLabels([at(0, 0)], 3_600_000)).toEqual(["21.11."]);
    expect(timeLabels([at(12, 0)], 86_400_000)).toEqual(["21.11."]);
  });
});

describe("lines of a logarithmic axis", () => {
  test("times stand at minutes and hours", () => {
    expect(logSteps(40, 300_000, "ms")).toEqual([
      10, 100, 1_000, 10_000, 60_000, 600_000,
    ]);
    expect(logSteps(10, 60_000, "ms")).toEqual([
      10, 100, 1_000, 10_000, 60_000,
    ]);
    expect(logSteps(2, 900, "bytes")).toEqual([1, 10, 100, 1_000]);
  });

  test("they enclose what is shown, and are at least two", () => {
    const value = fc.double({ min: 0.2, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const steps = logSteps(low, high, "ms");
        expect(steps[0]).toBeLessThanOrEqual(low);
        expect(steps.at(-1)).toBeGreaterThanOrEqual(high);
        expect(steps.length).toBeGreaterThan(1);
      }),
      { seed: 5 },
    );
  });
});

describe("markers", () => {
  const range = { from: 0, to: 100, left: 50, width: 1000 };
  const widthOf = (label: string): number => 8 * label.length;

  test("stand where their moment is, outside ones are left out", () => {
    const marks = [
      { at: -1, label: "before" },
      { at: 25, label: "a" },
      { at: 101, label: "after" },
    ];
    expect(placeMarks(marks, range, widthOf)).toEqual([
      { label: "a", x: 300, labelled: true, side: "right" },
    ]);
  });

  test("one at the right edge has its label at the left", () => {
    expect(
      placeMarks([{ at: 100, label: "limit moved" }], range, widthOf),
    ).toEqual([
      { label: "limit moved", x: 1050, labelled: true, side: "left" },
    ]);
  });

  test("where there is no room for three, the newest two have their labels", () => {
    const marks = [
      { at: 50, label: "x".repeat(50) },
      { at: 51, label: "y".repeat(50) },
      { at: 52, label: "z".repeat(50) },
    ];
    const labelled = placeMarks(marks, range, widthOf).filter(
      (mark) => mark.labelled,
    );
    expect(labelled.map(({ label }) => label[0])).toEqual(["z", "y"]);
  });

  test("one belongs to the point it is nearest to", () => {
    const marks = [{ at: 14, label: "a" }];
    const near = (index: number) => markNear(marks, [0, 10, 20], index)?.label;
    expect([0, 1, 2].map(near)).toEqual([undefined, "a", undefined]);
    expect(markNear(marks, [], 0)).toBeNull();
  });

  test("labels never lie over one another nor stick out; the newest has one", () => {
    const mark = fc.record({
      at: fc.integer({ min: 0, max: 100 }),
      label: fc.string({ minLength: 1, maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(mark, { minLength: 1, maxLength: 40 }), (marks) => {
        const placed = placeMarks(marks, range, widthOf);
        expect(placed.length).toBe(marks.length);
        expect(placed[0]?.labelled).toBe(true);
        const boxes = placed
          .filter(({ labelled }) => labelled)
          .map(({ x, side, label }) => {
            const long = widthOf(label);
            const from = side === "right" ? x + 4 : x - 4 - long;
            return { from, to: from + long };
          })
          .sort((a, b) => a.from - b.from);
        for (const [i, box] of boxes.entries()) {
          expect(box.from).toBeGreaterThanOrEqual(range.left);
          expect(box.to).toBeLessThanOrEqual(range.left + range.width);
          const next = boxes[i + 1];
          if (next !== undefined) expect(box.to).toBeLessThan(next.from);
        }
      }),
      { seed: 3 },
    );
  });
});
