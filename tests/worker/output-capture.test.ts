import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OutputCapture } from "../../flow-balancer/worker/kinds/output-capture.ts";

const captured = (
  limit: number,
  chunks: readonly Uint8Array[],
): OutputCapture => {
  const capture = new OutputCapture(limit);
  for (const chunk of chunks) capture.add(chunk);
  return capture;
};
const cut = (bytes: Uint8Array, at: readonly number[]): Uint8Array[] => {
  const places = [
    0,
    ...at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b),
    bytes.length,
  ];
  return places
    .slice(1)
    .map((end, index) => bytes.subarray(places[index], end));
};
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .string({ unit: "binary", maxLength: 100 })
    .map((text) => new TextEncoder().encode(text)),
);
const limit = fc.integer({ min: 1, max: 120 });
const cuts = fc.array(fc.nat(1_000), { maxLength: 12 });

describe("captured output", () => {
  test("is the same text however it was cut into chunks", () => {
    fc.assert(
      fc.property(limit, bytes, cuts, (max, all, at) => {
        const whole = captured(max, [all]);
        const pieces = captured(max, cut(all, at));
        expect(pieces.text()).toBe(whole.text());
        expect([pieces.bytesSeen, pieces.truncated]).toEqual([
          all.length,
          all.length > max,
        ]);
      }),
      { numRuns: 500 },
    );
  });

  test("within the limit is all of it; beyond, head and tail and how much is missing", () => {
    fc.assert(
      fc.property(
        limit,
        fc.string({
          unit: fc.constantFrom("a", "b", "c", "\n"),
          maxLength: 300,
        }),
        cuts,
        (max, text, at) => {
          const capture = captured(
            max,
            cut(new TextEncoder().encode(text), at),
          );
          if (text.length <= max) {
            expect(capture.text()).toBe(text);
            return;
          }
          const head = Math.floor(max / 2);
          const tail = max - head;
          expect(capture.text()).toBe(
            `${text.slice(0, head)}\n[... ${text.length - max} bytes left out ...]\n${text.slice(-tail)}`,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a flood holds no more memory than the limit and one chunk", () => {
    const capture = new OutputCapture(1_000);
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 20_000; n++)
      capture.add(new Uint8Array(10_000).fill(97));
    expect(capture.bytesSeen).toBe(200_000_000);
    expect(capture.text().length).toBeLessThan(1_100);
    Bun.gc(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  test("a limit of nothing keeps nothing", () => {
    expect(captured(0, [new TextEncoder().encode("abc")]).text()).toBe(
      "\n[... 3 bytes left out ...]\n",
    );
  });
});
