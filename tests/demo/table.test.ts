import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Column,
  cutLeft,
  tableLines,
  wrapWords,
} from "../../flow-balancer/demo/table.ts";

interface Row {
  readonly path: string;
  readonly lines: string;
  readonly size: string;
}
const columns: Column<Row>[] = [
  { title: "path", cell: ({ path }) => path, weight: Infinity },
  { title: "lines", cell: ({ lines }) => lines, weight: Infinity },
  { title: "size", cell: ({ size }) => size, weight: 1 },
];
const rows: Row[] = [
  { path: "flow-balancer/demo/table.ts", lines: "90", size: "2.6 kB" },
  { path: "a.ts", lines: "7", size: "12 B" },
];

describe("a table", () => {
  test("has a head and a line a row, numbers flush right", () => {
    expect(tableLines(columns, rows, 80)).toEqual([
      "path                         lines    size",
      "flow-balancer/demo/table.ts     90  2.6 kB",
      "a.ts                             7    12 B",
    ]);
  });

  test("drops what matters least, then cuts the first column", () => {
    const narrow = [{ ...rows[0]!, size: "a very long size indeed" }];
    expect(tableLines(columns, narrow, 30)).toEqual([
      "path                     lines",
      "…/demo/table.ts             90",
    ]);
  });

  test("is never wider than asked for, from 40 characters on", () => {
    const row = fc.record({
      path: fc.string({ maxLength: 80, unit: "grapheme" }),
      lines: fc.nat().map(String),
      size: fc.nat().map((bytes) => `${bytes} B`),
    });
    fc.assert(
      fc.property(
        fc.array(row),
        fc.integer({ min: 40, max: 120 }),
        (some, width) => {
          for (const line of tableLines(columns, some, width))
            expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

test("a path loses whole folders first, unless one name is most of it", () => {
  expect(cutLeft("one/two/three/four.ts", 15)).toBe("…/three/four.ts");
  expect(cutLeft("one/two/three/four.ts", 14)).toBe("…/four.ts");
  expect(cutLeft("a-rather-long-name-of-a-file.ts", 12)).toBe("…f-a-file.ts");
  expect(cutLeft("short.ts", 12)).toBe("short.ts");
});

test("text is broken at spaces and never lost", () => {
  expect(wrapWords("one two three", 8)).toEqual(["one two", "three"]);
  expect(wrapWords("a incomprehensibilities b", 5)).toEqual([
    "a",
    "incomprehensibilities",
    "b",
  ]);
});
