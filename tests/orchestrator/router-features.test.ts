import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FeatureReader, SHAPES } from "../../orchestrator/routing/features.ts";
import {
  packFeatures,
  unpackFeatures,
} from "../../orchestrator/routing/packed-features.ts";
import { questionOf } from "../../orchestrator/routing/task-question.ts";
import { question } from "./router-fixtures.ts";

const read = (text: string, more: Parameters<typeof question>[0] = {}) =>
  new FeatureReader().read(question({ text, ...more }));

describe("what is seen of a text", () => {
  test("are its words and their neighbours, whatever their case and what stands between", () => {
    const { words } = read("Sum the primes");
    // Three words, two pairs, and the kind.
    expect(words.length).toBe(6);
    expect(read("sum, THE\n\nprimes!").words).toEqual(words);
    expect(read("primes the sum").words).not.toEqual(words);
    expect(new Set(read("a a a a").words).size).toBe(3);
  });

  test("differs by kind, tags and bucket, which are no words of the text", () => {
    const plain = read("write").words;
    expect(read("write", { tags: ["write"] }).words.length).toBe(
      plain.length + 1,
    );
    expect(read("write", { bucket: "east" }).type).toBe("ask|east");
    expect(read("write").type).toBe("ask");
  });

  test("does not depend on what was read before", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" })),
        fc.string(),
        (before, text) => {
          const reader = new FeatureReader();
          for (const it of before) reader.read(question({ text: it }));
          expect(reader.read(question({ text }))).toEqual(read(text));
        },
      ),
    );
  });

  test("is bounded, and finite for any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.nat(200),
        (text, times) => {
          const { words, shape } = read(text.repeat(times));
          expect(words.length).toBeLessThan(1_500);
          expect(shape.length).toBe(SHAPES);
          for (const it of shape) expect(Math.abs(it)).toBeLessThanOrEqual(4);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("kept with a decision", () => {
  test("it comes back as it was, but for the fourth digit of the shape", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.string(),
        (text, bucket) => {
          const seen = read(text, { bucket });
          const back = unpackFeatures(
            JSON.parse(JSON.stringify(packFeatures(seen))),
          )!;
          expect(back.type).toBe(seen.type);
          expect(back.words).toEqual(seen.words);
          for (const [at, it] of back.shape.entries())
            expect(Math.abs(it - seen.shape[at]!)).toBeLessThanOrEqual(
              0.0005 + 1e-12,
            );
        },
      ),
    );
    // As it stands in stores.
    expect(
      unpackFeatures({
        type: "t",
        words: "AQIDBA==",
        shape: Array(SHAPES).fill(0),
      })!.words,
    ).toEqual(Uint16Array.of(0x0201, 0x0403));
  });

  test("anything else is nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(unpackFeatures(value)).toBeNull();
      }),
    );
    const good = packFeatures(read("x")) as object;
    for (const wrong of [
      { words: "?" },
      { words: "AAAA" },
      { shape: [1] },
      { shape: Array(SHAPES).fill("1") },
      { type: 1 },
    ])
      expect(unpackFeatures({ ...good, ...wrong })).toBeNull();
  });
});

test("a task's words are the texts of its input, however deep, and of no other part", () => {
  const input = { prompt: "why", more: ["because", { deep: "so" }], n: 4 };
  expect(questionOf("ask", JSON.stringify(input)).text).toBe(
    "why\nbecause\nso",
  );
  expect(questionOf("ask", "not json").text).toBe("");
  expect(questionOf("shell", '{"argv":["git","status"]}').bucket).toBe(
    "git status",
  );
  const long = questionOf("ask", JSON.stringify("x".repeat(100_000)));
  expect(long.text.length).toBe(8_192);
});
