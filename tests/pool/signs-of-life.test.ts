import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { MonoMs } from "../../flow-balancer/core/time.ts";
import {
  SignsOfLife,
  type Look,
  type Overrun,
} from "../../flow-balancer/pool/signs-of-life.ts";

const BEGUN = 1_000 as MonoMs;
const at = (ranMs: number): MonoMs => (BEGUN + ranMs) as MonoMs;

/** Looks as the pool does, at the moments each look names. Returns how it was ended, and after how long. */
function ended(
  limits: { timeoutMs: number; maxTimeoutMs?: number },
  signs: readonly number[],
): { overrun: Overrun; ranMs: number; looks: number } {
  const life = new SignsOfLife(BEGUN);
  const left = signs.toSorted((a, b) => a - b);
  let ranMs = limits.timeoutMs;
  for (let looks = 1; looks < 100; looks++) {
    while (left[0] !== undefined && left[0] <= ranMs)
      life.give(at(left.shift()!));
    const look: Look = life.look(limits, at(ranMs));
    if (look.type === "over") return { overrun: look.overrun, ranMs, looks };
    ranMs = Math.max(look.until - BEGUN, ranMs + 1);
  }
  throw new Error("looked at for ever");
}

const every = (ms: number, untilMs: number): number[] =>
  Array.from({ length: Math.floor(untilMs / ms) }, (_, n) => (n + 1) * ms);

const MINUTE = 60_000;
const soft = { timeoutMs: MINUTE, maxTimeoutMs: 4 * MINUTE };

describe("a run that comes to its first limit", () => {
  test("is over, where that is the only one, whatever it says", () => {
    for (const maxTimeoutMs of [undefined, 0, MINUTE, Number.NaN])
      expect(
        ended(
          {
            timeoutMs: MINUTE,
            ...(maxTimeoutMs !== undefined && { maxTimeoutMs }),
          },
          every(10, MINUTE),
        ),
      ).toEqual({
        overrun: { type: "limit", limitMs: MINUTE },
        ranMs: MINUTE,
        looks: 1,
      });
  });

  test("is over if it never gave a sign, one turn later", () => {
    expect(ended(soft, [])).toEqual({
      overrun: { type: "silent", limitMs: MINUTE, silentMs: null },
      ranMs: MINUTE + 1,
      looks: 2,
    });
  });

  test("is over if its last sign is a quarter of the limit old; goes on if that is younger", () => {
    expect(ended(soft, [MINUTE * 0.75])).toMatchObject({
      overrun: { type: "silent", silentMs: MINUTE / 4 + 1 },
      ranMs: MINUTE + 1,
    });
    expect(ended(soft, [MINUTE * 0.75 + 1]).ranMs).toBe(2 * MINUTE + 1);
  });

  test("of a second is not silent for what a busy machine may hold up", () => {
    const short = { timeoutMs: 1_000, maxTimeoutMs: 100_000 };
    expect(ended(short, [1]).ranMs).toBe(8_001);
    expect(ended({ timeoutMs: 1_000, maxTimeoutMs: 4_000 }, [1])).toMatchObject(
      {
        overrun: { type: "alive", limitMs: 4_000 },
        ranMs: 4_000,
      },
    );
  });

  test("goes on if a sign was only held up on its way", () => {
    const life = new SignsOfLife(BEGUN);
    expect(life.look(soft, at(MINUTE)).type).toBe("goes_on");
    life.give(at(MINUTE));
    expect(life.look(soft, at(MINUTE + 1))).toEqual({
      type: "goes_on",
      until: at(2 * MINUTE + 2),
    });
    // And the next time too.
    expect(life.look(soft, at(2 * MINUTE + 2))).toEqual({
      type: "goes_on",
      until: at(2 * MINUTE + 2),
    });
  });
});

describe("a run that goes on", () => {
  test("is looked at when it has run twice and four times as long, and is over then", () => {
    expect(ended(soft, every(10_000, 5 * MINUTE))).toEqual({
      overrun: { type: "alive", limitMs: 4 * MINUTE },
      ranMs: 4 * MINUTE,
      looks: 3,
    });
  });

  test("is over at its last limit, wherever that is", () => {
    const limits = { timeoutMs: MINUTE, maxTimeoutMs: 3 * MINUTE };
    const { ranMs, overrun } = ended(limits, every(10_000, 5 * MINUTE));
    expect(ranMs).toBe(3 * MINUTE);
    expect(overrun).toEqual({ type: "alive", limitMs: 3 * MINUTE });
  });

  test("is over at the next look once it is silent", () => {
    const { ranMs, overrun } = ended(soft, every(10_000, 1.5 * MINUTE));
    expect(ranMs).toBe(2 * MINUTE + 1);
    expect(overrun).toMatchObject({ type: "silent", silentMs: MINUTE / 2 + 1 });
  });
});

test("it is never ended before its first limit nor after its last, and more signs never end it sooner", () => {
  const limits = fc
    .tuple(
      fc.integer({ min: 1, max: 100_000 }),
      fc.double({ min: 0, max: 10, noNaN: true }),
    )
    .map(([timeoutMs, factor]) => ({
      timeoutMs,
      maxTimeoutMs: timeoutMs * factor,
    }));
  const signs = fc.array(fc.integer({ min: 1, max: 400_000 }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(limits, signs, signs, (limit, some, more) => {
      const { timeoutMs, maxTimeoutMs } = limit;
      const first = ended(limit, some);
      expect(first.ranMs).toBeGreaterThanOrEqual(timeoutMs);
      expect(first.ranMs).toBeLessThanOrEqual(
        Math.max(timeoutMs, maxTimeoutMs) + 1,
      );
      // Each look that doubts and is put right moves the next by two.
      const second = ended(limit, [...some, ...more]);
      expect(second.ranMs).toBeGreaterThanOrEqual(first.ranMs - 16);
    }),
    { seed: 5, numRuns: 500 },
  );
});

test.each<[string, readonly number[], number, boolean]>([
  ["none", [], MINUTE, false],
  ["only its last words", [59_950], MINUTE, false],
  ["its first words, right before its end", [1], 60, false],
  ["one, and silence from then on", [1], MINUTE, true],
  ["one, and last words", [30_000, MINUTE], MINUTE, true],
])("a run that gave %s", (_, signs, ranMs, expected) => {
  const life = new SignsOfLife(BEGUN);
  for (const ms of signs) life.give(at(ms));
  expect(life.hasAnyBefore(at(ranMs))).toBe(expected);
});
