import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Line,
  LineDecoder,
} from "../../flow-balancer/mcp/line-decoder.ts";

const LIMIT = 16;

function linesOf(bytes: Buffer, cuts: readonly number[] = []): unknown[] {
  const seen: unknown[] = [];
  const decoder = new LineDecoder(LIMIT, (line: Line, number) =>
    seen.push({ ...line, number }),
  );
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b).concat(bytes.length)) {
    decoder.push(bytes.subarray(start, cut));
    start = Math.max(start, cut);
  }
  return seen;
}

const text = (words: string, number: number) => ({
  kind: "text",
  text: words,
  number,
});

describe("LineDecoder", () => {
  test("any chunking of the same bytes gives the same lines", () => {
    const bytes = fc
      .array(
        fc.oneof(
          fc
            .string({ unit: "binary", maxLength: 30 })
            .map((s) => Buffer.from(s)),
          fc.uint8Array({ maxLength: 24 }).map((b) => Buffer.from(b)),
          fc
            .constantFrom("\n", "\r\n", "\ufeff", "é")
            .map((s) => Buffer.from(s)),
        ),
        { maxLength: 12 },
      )
      .map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(400)), (whole, cuts) => {
        const inside = cuts.filter((cut) => cut < whole.length);
        expect(linesOf(whole, inside)).toEqual(linesOf(whole));
      }),
      { numRuns: 500 },
    );
  });

  test("a line is reported when its end comes, not before", () => {
    expect(linesOf(Buffer.from("one\ntwo"))).toEqual([text("one", 1)]);
  });

  test("CRLF, a byte order mark and blank lines are tolerated and counted", () => {
    expect(linesOf(Buffer.from("\ufeffone\r\n\r\n \t\nfour\n"))).toEqual([
      text("one", 1),
      text("four", 4),
    ]);
  });

  test("a line of exactly the limit passes, with mark and CR beside it", () => {
    const full = "x".repeat(LIMIT);
    expect(linesOf(Buffer.from(`\ufeff${full}\r\n`))).toEqual([text(full, 1)]);
  });

  test("a longer line is reported once and skipped to its end", () => {
    const long = "x".repeat(10 * LIMIT);
    expect(linesOf(Buffer.from(`${long}\nafter\n`), [3, 50, 90])).toEqual([
      { kind: "too-long", number: 1 },
      text("after", 2),
    ]);
  });

  test("a line without an end is reported as soon as it is too long", () => {
    expect(linesOf(Buffer.from("x".repeat(LIMIT + 5)))).toEqual([
      { kind: "too-long", number: 1 },
    ]);
  });

  test.each([
    ["a stray continuation byte", [0x61, 0x80, 0x62], 1],
    ["an overlong form", [0x61, 0x62, 0xc0, 0xaf], 2],
    ["a character broken off by another", [0x61, 0xe2, 0x82, 0x62], 1],
    ["a character broken off by the end", [0x61, 0x62, 0xe2, 0x82], 2],
    ["a surrogate", [0xed, 0xa0, 0x80], 0],
  ])("%s is found at its byte", (_name, bytes, offset) => {
    expect(linesOf(Buffer.from([...bytes, 0x0a]))).toEqual([
      { kind: "not-utf8", offset, number: 1 },
    ]);
  });

  test("text that is UTF-8 is never called otherwise", () => {
    fc.assert(
      fc.property(
        fc
          .string({ unit: "grapheme", maxLength: 4 })
          .filter(
            (words) =>
              !/[\r\n]/.test(words) && Buffer.byteLength(words) < LIMIT,
          ),
        (words) => {
          const [line] = linesOf(Buffer.from(`x${words}\n`));
          expect(line).toEqual(text(`x${words}`, 1));
        },
      ),
    );
  });
});
