import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { JsonValue } from "../../flow-balancer/core/json.ts";
import {
  canonicalise,
  type ResultKind,
} from "../../orchestrator/learning/canonical-result.ts";
import {
  estimateJaccard,
  minHash,
} from "../../orchestrator/learning/min-hash.ts";
import {
  charGrams,
  distinct,
  jaccard,
  shinglesOf,
  tokenHashes,
} from "../../orchestrator/learning/shingles.ts";
import { sameness } from "../../orchestrator/learning/similarity.ts";
import { hash128, mix32 } from "../../orchestrator/learning/similarity-hash.ts";

const of = (a: JsonValue, b: JsonValue, kind?: ResultKind) =>
  sameness(canonicalise(a, kind), canonicalise(b, kind));

/** Words that mean nothing, the same for the same seed. */
const words = (count: number, seed: number): string =>
  Array.from(
    { length: count },
    (_, at) => `w${mix32(seed * 100_003 + at) % 5_000}`,
  ).join(" ");

const result = fc
  .tuple(
    fc.oneof(
      fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
      fc.lorem({ maxCount: 30 }),
      fc.array(fc.constantFrom("a", "b", "c", "d")),
      fc.integer({ min: 0, max: 3 }),
    ),
    fc.constantFrom(undefined, "answer", "set", "json", "patch", "text"),
  )
  .map(([value, kind]) => canonicalise(value, kind as ResultKind | undefined));

describe("sameness", () => {
  test("is within [0,1], symmetric, and 1 for what is the same", () => {
    fc.assert(
      fc.property(result, result, (a, b) => {
        const { same, rung } = sameness(a, b);
        expect(same).toBeGreaterThanOrEqual(0);
        expect(same).toBeLessThanOrEqual(1);
        expect(sameness(b, a)).toEqual({ same, rung });
        expect(sameness(a, { ...a }).same).toBe(1);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test.each<[string, JsonValue, JsonValue, ResultKind | undefined, object]>([
    [
      "equal ones",
      "A: 7",
      "so 3 + 4 = 7",
      undefined,
      { same: 1, rung: "equal" },
    ],
    [
      "answers that differ",
      "A: 7",
      "A: 8",
      undefined,
      { same: 0, rung: "answers" },
    ],
    [
      "sets",
      ["a", "b", "c"],
      ["d", "c", "b"],
      undefined,
      { same: 0.5, rung: "items" },
    ],
    [
      "structures",
      { a: 1, b: 2 },
      { b: 2, a: 3 },
      undefined,
      { same: 1 / 3, rung: "items" },
    ],
    [
      "kinds with nothing in common",
      ["a"],
      7,
      undefined,
      { same: 0, rung: "kinds differ" },
    ],
    [
      "text in other words",
      words(60, 1),
      words(60, 2),
      "text",
      { same: 0, rung: "shingles" },
    ],
    [
      "long text in other words",
      words(3_000, 1),
      words(3_000, 2),
      "text",
      { same: expect.any(Number), rung: "MinHash" },
    ],
  ])("%s", (_, a, b, kind, found) => {
    expect(of(a, b, kind)).toEqual(found as ReturnType<typeof sameness>);
  });

  test("of texts is the share of shingles they have in common, by characters where there are few words", () => {
    const text = words(200, 3);
    // 198 and 98 shingles; all of the shorter are in the longer.
    expect(of(text, text.split(" ").slice(0, 100).join(" "), "text")).toEqual({
      same: 98 / 198,
      rung: "shingles",
    });
    // abcd bcde cdef, bcde cdef defg
    expect(of("abcdef", "bcdefg", "text").same).toBe(2 / 4);
  });

  test("of long texts is estimated, within three standard errors", () => {
    const [shared, a, b] = [words(2_000, 4), words(1_000, 5), words(1_000, 6)];
    const { same, rung } = of(`${shared} ${a}`, `${shared} ${b}`, "text");
    expect(rung).toBe("MinHash");
    expect(Math.abs(same - 0.5)).toBeLessThan(3 / Math.sqrt(256));
  });
});

describe("the parts of texts", () => {
  test("Jaccard is |A and B| / |A or B|, and 1 for nothing and nothing", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(20)),
        fc.uniqueArray(fc.nat(20)),
        (a, b) => {
          const sorted = (of: number[]) => of.toSorted((x, y) => x - y);
          const both = a.filter((it) => b.includes(it)).length;
          const any = new Set([...a, ...b]).size;
          expect(jaccard(sorted(a), sorted(b))).toBe(any ? both / any : 1);
        },
      ),
      { seed: 2 },
    );
  });

  test("words in any case, marks only where they are wanted, and n-grams of what is shorter than n", () => {
    const bare = (text: string) => [...tokenHashes(text, { marks: false })];
    expect(bare("One, two_2 three!")).toEqual(bare("ONE two_2\tTHREE"));
    expect(tokenHashes("a, b!", { marks: true }).length).toBe(4);
    expect(shinglesOf(tokenHashes("a b", { marks: true }), 3).length).toBe(1);
    expect(charGrams("abc", 4).length).toBe(1);
    expect(charGrams("", 4).length).toBe(0);
    expect([...distinct(Uint32Array.of(3, 1, 3, 2, 1))]).toEqual([1, 2, 3]);
  });

  test("MinHash: of nothing, of the same, and near the truth at every share", () => {
    const none = minHash(new Uint32Array());
    expect(estimateJaccard(none, none)).toBe(1);
    for (const shared of [0, 500, 1_000, 2_000, 4_000]) {
      const set = (seed: number) =>
        Uint32Array.from({ length: 4_000 }, (_, at) =>
          mix32(at < shared ? at : at + seed * 1e6),
        );
      const [a, b] = [set(1), set(2)];
      const truth = jaccard(distinct(a), distinct(b));
      const estimate = estimateJaccard(minHash(a), minHash(b));
      expect(Math.abs(estimate - truth)).toBeLessThan(3 / Math.sqrt(256));
      expect(estimateJaccard(minHash(a), minHash(a))).toBe(1);
    }
  });

  test("equal long hashes only of equal texts", () => {
    const texts = Array.from({ length: 20_000 }, (_, at) => `${at}`);
    expect(new Set(texts.map(hash128)).size).toBe(texts.length);
    expect(hash128("a")).toMatch(/^[0-9a-f]{32}$/);
    expect(hash128("ab")).not.toBe(hash128("ba"));
  });
});
