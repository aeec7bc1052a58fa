import { expect, test } from "bun:test";
import fc from "fast-check";
import { LastWords } from "../../flow-balancer/worker/last-words.ts";

const wordsOf = (limit: number, chunks: readonly Uint8Array[]): string => {
  const words = new LastWords(limit);
  for (const chunk of chunks) {
    words.add(chunk);
    // What was added may be used for other things at once.
    chunk.fill(0);
  }
  return words.text();
};
const chunksOf = (
  bytes: Uint8Array,
  sizes: readonly number[],
): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
};
const limit = fc.integer({ min: 4, max: 60 });
const sizes = fc.array(fc.nat(80), { maxLength: 10 });

test("are the same however the bytes came", () => {
  fc.assert(
    fc.property(
      limit,
      fc.uint8Array({ maxLength: 300 }),
      sizes,
      (max, bytes, cut) => {
        expect(wordsOf(max, chunksOf(bytes, cut))).toBe(
          wordsOf(max, [bytes.slice()]),
        );
      },
    ),
  );
});

test("of a text are its end, of whole characters and as long as they may be", () => {
  fc.assert(
    fc.property(
      limit,
      fc.string({ unit: "binary", maxLength: 120 }),
      sizes,
      (max, text, cut) => {
        const bytes = new TextEncoder().encode(text);
        // Lone surrogates have no bytes; a mark at the front is no text.
        const sound = new TextDecoder().decode(bytes);
        fc.pre(!sound.includes("\uFFFD") && !sound.includes("\uFEFF"));
        const words = wordsOf(max, chunksOf(bytes, cut));
        const length = Buffer.byteLength(words);
        expect(sound.endsWith(words)).toBe(true);
        expect(length).toBeLessThanOrEqual(max);
        expect(length).toBeGreaterThan(Math.min(max, bytes.length) - 4);
      },
    ),
  );
});

test("of nothing are nothing", () => {
  expect(wordsOf(10, [])).toBe("");
  expect(wordsOf(10, [new Uint8Array(0)])).toBe("");
});

test("in bytes that are no text are marks, and the text after them", () => {
  const bytes = Uint8Array.of(0xff, 0xff, 0x61, 0x62);
  expect(wordsOf(4, [bytes])).toBe("\uFFFD\uFFFDab");
});
