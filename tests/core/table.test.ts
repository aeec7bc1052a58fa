import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  alignedLines,
  type Column,
  cutEnd,
  cutStart,
  tableLines,
} from "../../flow-balancer/core/table.ts";

interface Row {
  readonly path: string;
  readonly lines: string;
  readonly size: string;
}
const { stringWidth: widthOf } = Bun;
const columns: Column<Row>[] = [
  {
    title: "path",
    cell: ({ path }) => path,
    weight: Infinity,
    cut: "start",
  },
  { title: "lines", cell: ({ lines }) => lines, weight: Infinity },
  { title: "size", cell: ({ size }) => size, weight: 1 },
];
const rows: Row[] = [
  { path: "flow-balancer/demo/table.ts", lines: "90", size: "2.6 kB" },
  { path: "a.ts", lines: "7", size: "12 B" },
];

describe("a table", () => {
  test("has a head and a line a row, numbers flush right", () => {
    const lines = [
      "path                         lines    size",
      "flow-balancer/demo/table.ts     90  2.6 kB",
      "a.ts                             7    12 B",
    ];
    expect(tableLines(columns, rows, { width: 80, widthOf })).toEqual(lines);
    expect(tableLines(columns, rows, { width: Infinity, widthOf })).toEqual(
      lines,
    );
  });

  test("drops what matters least, then cuts the column that may be cut", () => {
    const narrow = [{ ...rows[0]!, size: "a very long size indeed" }];
    const fit = { width: 30, widthOf };
    expect(tableLines(columns, narrow, fit)).toEqual([
      "path             lines",
      "…/demo/table.ts     90",
    ]);
    const [path, ...others] = columns;
    const last: Column<Row>[] = [
      ...others,
      { ...path!, align: "left", cut: "end" },
    ];
    expect(tableLines(last, narrow, fit)).toEqual([
      "lines  path",
      "90     flow-balancer/demo/tab…",
    ]);
  });

  test.each(["start", "end"] as const)(
    "cut at the %s is never wider than asked for, from 40 cells on",
    (cut) => {
      const row = fc.record({
        path: fc.string({ maxLength: 80, unit: "grapheme" }),
        lines: fc.nat().map(String),
        size: fc.nat().map((bytes) => `${bytes} B`),
      });
      const [path, ...others] = columns;
      fc.assert(
        fc.property(
          fc.array(row),
          fc.integer({ min: 40, max: 120 }),
          (some, width) => {
            for (const line of tableLines(
              [{ ...path!, cut }, ...others],
              some,
              {
                width,
                widthOf,
              },
            ))
              expect(widthOf(line)).toBeLessThanOrEqual(width);
          },
        ),
      );
    },
  );

  test("of many rows is made all the same", () => {
    const many = Array.from({ length: 200_000 }, () => rows[1]!);
    expect(
      tableLines(columns, many, { width: 20, widthOf: (text) => text.length }),
    ).toHaveLength(200_001);
  });
});

test("columns are aligned, the first to the left, by what is seen", () => {
  expect(
    alignedLines(
      [
        ["name", "n", "more"],
        ["日本", "1,000"],
        ["a", "2", "x"],
      ],
      widthOf,
    ),
  ).toEqual(["name      n  more", "日本  1,000", "a         2     x"]);
});

test("a path loses whole folders first, unless one name is most of it", () => {
  const cut = (text: string, cells: number): string =>
    cutStart(text, cells, widthOf);
  expect(cut("one/two/three/four.ts", 15)).toBe("…/three/four.ts");
  expect(cut("one/two/three/four.ts", 14)).toBe("…/four.ts");
  expect(cut("a-rather-long-name-of-a-file.ts", 12)).toBe("…f-a-file.ts");
  expect(cut("short.ts", 12)).toBe("short.ts");
});

test("a text loses its end, wide letters whole", () => {
  expect(cutEnd("日本語の題", 7, widthOf)).toBe("日本語…");
  expect(cutEnd("日本語の題", 8, widthOf)).toBe("日本語…");
  expect(cutEnd("one two", 5, widthOf)).toBe("one…");
});
