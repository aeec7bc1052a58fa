import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  shareSlots,
  type Sharer,
} from "../../flow-balancer/core/slot-share.ts";

const sharer = (id: string, wants: number, maxWorkers = 8): Sharer => ({
  id,
  wants,
  maxWorkers,
});
const shared = (total: number, sharers: readonly Sharer[]): number[] => {
  const shares = shareSlots(total, sharers);
  return sharers.map(({ id }) => shares.get(id) ?? NaN);
};

describe("examples", () => {
  test.each<[string, number, Sharer[], number[]]>([
    ["alone, everything", 8, [sharer("a", 0)], [8]],
    ["two that rest, half each", 8, [sharer("a", 0), sharer("b", 0)], [4, 4]],
    ["work before rest", 8, [sharer("a", 8), sharer("b", 0)], [7, 1]],
    ["a little work leaves much", 8, [sharer("a", 2), sharer("b", 8)], [2, 6]],
    [
      "what is left over goes round",
      8,
      [sharer("a", 2), sharer("b", 3)],
      [4, 4],
    ],
    [
      "never more than it can use",
      8,
      [sharer("a", 9, 2), sharer("b", 9)],
      [2, 6],
    ],
    [
      "the remainder to the first by id",
      8,
      [sharer("c", 8), sharer("a", 8), sharer("b", 8)],
      [2, 3, 3],
    ],
    [
      "more sharers than slots, one each",
      2,
      [sharer("a", 9), sharer("b", 0), sharer("c", 1)],
      [1, 1, 1],
    ],
  ])("%s", (_, total, sharers, shares) => {
    expect(shared(total, sharers)).toEqual(shares);
  });
  test("nobody, nothing", () => {
    expect(shareSlots(8, []).size).toBe(0);
  });
});

const anySharers = fc.uniqueArray(
  fc.record({
    id: fc.string({ maxLength: 3 }),
    wants: fc.nat(40),
    maxWorkers: fc.integer({ min: 1, max: 32 }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 8 },
);
const anyTotal = fc.integer({ min: 1, max: 64 });
const sum = (numbers: readonly number[]): number =>
  numbers.reduce((a, b) => a + b, 0);

describe("for any sharers", () => {
  test("shares are whole, 1 to what one can use, and no more than there is, and none is kept back", () => {
    fc.assert(
      fc.property(anyTotal, anySharers, (total, sharers) => {
        const shares = shared(total, sharers);
        for (const [index, share] of shares.entries()) {
          expect(Number.isInteger(share)).toBe(true);
          expect(share).toBeWithin(1, (sharers[index]?.maxWorkers ?? 0) + 1);
        }
        const usable = sum(sharers.map(({ maxWorkers }) => maxWorkers));
        expect(sum(shares)).toBe(
          Math.max(sharers.length, Math.min(total, usable)),
        );
      }),
    );
  });

  test("the order of the list is of no account", () => {
    fc.assert(
      fc.property(
        anyTotal,
        anySharers.chain((sharers) =>
          fc.tuple(
            fc.constant(sharers),
            fc.shuffledSubarray(sharers, { minLength: sharers.length }),
          ),
        ),
        (total, [one, other]) => {
          expect([...shareSlots(total, one)]).toEqual([
            ...shareSlots(total, other),
          ]);
        },
      ),
    );
  });

  test("whoever has less than its work could take only from who has as little, by one at most", () => {
    fc.assert(
      fc.property(anyTotal, anySharers, (total, sharers) => {
        const shares = shared(total, sharers);
        for (const [i, { wants, maxWorkers }] of sharers.entries()) {
          if ((shares[i] ?? 0) >= Math.min(wants, maxWorkers)) continue;
          for (const share of shares)
            expect(share).toBeLessThanOrEqual(
              Math.max(1, (shares[i] ?? 0) + 1),
            );
        }
      }),
    );
  });

  test("to want more never gives less", () => {
    fc.assert(
      fc.property(
        anyTotal,
        anySharers,
        fc.nat(7),
        fc.nat(40),
        (total, sharers, at, more) => {
          const who = at % sharers.length;
          const greedy = sharers.map((it, index) =>
            index === who ? { ...it, wants: it.wants + more } : it,
          );
          expect(shared(total, greedy)[who]).toBeGreaterThanOrEqual(
            shared(total, sharers)[who] ?? NaN,
          );
        },
      ),
    );
  });
});
