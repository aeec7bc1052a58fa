import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CsvRows } from "../../flow-balancer/commands/replay/csv-rows.ts";
import { readTrace } from "../../flow-balancer/commands/replay/read-trace.ts";

/** Reads `content` as a trace of the columns a and b. */
async function read(
  content: string | Uint8Array,
): Promise<{ line: number; fields: readonly string[] }[]> {
  const folder = mkdtempSync(join(tmpdir(), "trace-"));
  const path = join(folder, "trace");
  try {
    writeFileSync(path, content);
    const rows: { line: number; fields: readonly string[] }[] = [];
    await readTrace(path, ["a", "b"], (row) => rows.push(row));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fed a piece at a time. */
function rowsOf(pieces: readonly string[]) {
  const csv = new CsvRows();
  const rows = pieces.flatMap((piece) => csv.push(piece));
  const last = csv.end();
  return last === null ? null : [...rows, ...last];
}

describe("CSV", () => {
  test("quoted fields keep commas, quotes and line ends; rows know their line", () => {
    expect(
      rowsOf(['a,b\r\n"1,5","say ""no"""\n\n"two\nlines",x\nlast,']),
    ).toEqual([
      { line: 1, fields: ["a", "b"] },
      { line: 2, fields: ["1,5", 'say "no"'] },
      { line: 4, fields: ["two\nlines", "x"] },
      { line: 6, fields: ["last", ""] },
    ]);
    expect(rowsOf(['a,"b\nc'])).toBeNull();
  });

  test("comes back as it was written, wherever it is cut", () => {
    const field = fc.string({
      unit: fc.constantFrom("a", ",", '"', "\n", " ", "é"),
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        fc.array(fc.array(field, { minLength: 2, maxLength: 3 })),
        fc.array(fc.integer({ min: 0, max: 80 })),
        (rows, cuts) => {
          const text = rows
            .map((row) =>
              row.map((it) => `"${it.replaceAll('"', '""')}"`).join(","),
            )
            .join("\n");
          const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
          const pieces = at.map((end, n) => text.slice(at[n - 1] ?? 0, end));
          expect(rowsOf(pieces)?.map(({ fields }) => [...fields])).toEqual(
            rows,
          );
        },
      ),
    );
  });
});

describe("a trace", () => {
  test("is read from plain text and from gzip, by the names of its columns", async () => {
    const text = "\uFEFFmore,b,a\nx,2,1\ny,4,3\n";
    const rows = [
      { line: 2, fields: ["1", "2"] },
      { line: 3, fields: ["3", "4"] },
    ];
    expect(await read(text)).toEqual(rows);
    expect(await read(gzipSync(text))).toEqual(rows);
    // Longer than what is read at once, with letters of more than a byte.
    const long = `a,b\n${"é,ß\n".repeat(100_000)}`;
    const read100 = await read(gzipSync(long));
    expect(read100.length).toBe(100_000);
    expect(read100.at(-1)).toEqual({ line: 100_001, fields: ["é", "ß"] });
  });

  const damaged = (): Uint8Array => {
    const packed = gzipSync(`a,b\n${"1,2\n".repeat(1_000)}`);
    packed.fill(7, 20, 30);
    return packed;
  };

  test.each([
    ["nothing", "", "has no rows, not even a head line"],
    ["a head line alone", "a,b\n", "has no rows"],
    ["other columns", "id,b\n1,2\n", "no column 'a'; its head line is 'id,b'"],
    ["a short row", "a,b\n1,2\n3\n", "line 3: 1 fields where the head line"],
    ["a long row", "a,b\n1,2,3\n", "line 2: 3 fields where the head line"],
    ["an open quote", 'a,b\n1,2\n"3,4\n', "line 3: a quote is never closed"],
    ["a row without end", `a,b\n"${"x".repeat(5 << 20)}`, "is a quote not cl"],
    ["bytes that are no text", new Uint8Array([97, 255, 10]), "not UTF-8"],
    [
      "a cut letter",
      new Uint8Array([97, 44, 98, 10, 49, 44, 0xc3]),
      "not UTF-8",
    ],
    ["gzip cut short", gzipSync("a,b\n1,2\n").subarray(0, 20), "is damaged"],
    ["gzip with wrong bytes", damaged(), "is damaged"],
  ])("of %s is refused", async (_, content, says) => {
    await expect(read(content)).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(says),
    });
  });

  test("that is no file is refused", async () => {
    const none = readTrace("/no/such/file", ["a"], () => undefined);
    await expect(none).rejects.toMatchObject({ code: "NOT_FOUND" });
    const folder = readTrace(tmpdir(), ["a"], () => undefined);
    await expect(folder).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining("cannot be read"),
    });
  });
});
