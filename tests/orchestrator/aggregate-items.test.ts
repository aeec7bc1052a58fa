import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Items,
  itemsOf,
  supported,
  together,
} from "../../orchestrator/learning/aggregate-items.ts";
import { canonicalise } from "../../orchestrator/learning/canonical-result.ts";

/** Few words in several spellings, so that many are the same. */
const words = fc.array(
  fc.constantFrom("a b", "a  b", " a b", "c", "d", "C", "“e”", '"e"'),
  { maxLength: 6 },
);
const parts = fc
  .array(fc.tuple(fc.nat(4), words), { maxLength: 5 })
  .map((lists) =>
    lists.flatMap(([seat, list]): Items[] => {
      const items = itemsOf(seat, list);
      return items === null ? [] : [items];
    }),
  );

const seen = (items: Items) => [...items].sort(([a], [b]) => (a < b ? -1 : 1));

describe("items put together", () => {
  test("in any order, in any grouping, and twice, it comes to the same", () => {
    fc.assert(
      fc.property(parts, fc.nat(5), (all, cut) => {
        const whole = together(...all);
        expect(seen(together(...all.toReversed()))).toEqual(seen(whole));
        const grouped = together(
          together(...all.slice(0, cut)),
          together(...all.slice(cut)),
        );
        expect(seen(grouped)).toEqual(seen(whole));
        expect(seen(together(whole, ...all))).toEqual(seen(whole));
        expect(supported(together(...all.toReversed()), 1)).toEqual(
          supported(whole, 1),
        );
      }),
    );
  });

  test("everyone who gave an item is named once, nobody else is", () => {
    fc.assert(
      fc.property(parts, (all) => {
        for (const [key, { seats }] of together(...all)) {
          const gave = all.flatMap((part) => part.get(key)?.seats ?? []);
          expect(seats).toEqual([...new Set(gave)].sort((a, b) => a - b));
        }
      }),
    );
  });

  test("more support asked for leaves fewer items, in the same order", () => {
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 4 }), (all, least) => {
        const whole = together(...all);
        const fewer = supported(whole, least + 1);
        expect(fewer).toEqual(
          supported(whole, least).filter(({ seats }) => seats.length > least),
        );
      }),
    );
  });

  test("two lists have the same items exactly where they count as the same result", () => {
    fc.assert(
      fc.property(words, words, (one, other) => {
        const keys = (list: string[]) =>
          [...(itemsOf(0, list)?.keys() ?? [])].sort();
        const isSame =
          canonicalise(one, "set").key === canonicalise(other, "set").key;
        expect(JSON.stringify(keys(one)) === JSON.stringify(keys(other))).toBe(
          isSame,
        );
      }),
    );
  });

  test("a list is a list, JSON of one, or lines; nothing else is", () => {
    const values = (value: Parameters<typeof itemsOf>[1]) =>
      itemsOf(0, value) &&
      [...(itemsOf(0, value)?.values() ?? [])].map((item) => item.value);
    expect(values(["x", 1, { b: 1 }])).toEqual(["x", 1, { b: 1 }]);
    expect(values('["x", "y"]')).toEqual(["x", "y"]);
    expect(values("x\n\n  y\nx\n")).toEqual(["x", "y"]);
    expect(values({ a: 1 })).toBeNull();
    expect(values('{"a": 1}')).toBeNull();
    expect(values(3)).toBeNull();
    expect(values(null)).toBeNull();
  });
});
