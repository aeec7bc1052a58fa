import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  sessionMode,
  usualRate,
  type SessionLoad,
} from "../../flow-balancer/core/session.ts";

const MINUTE = 60_000;
/** In use for a quarter of an hour, at ten tasks a minute. */
const STEADY: SessionLoad = {
  inFlight: 1,
  lastMinute: 10,
  before: 140,
  beforeMs: 14 * MINUTE,
  idleMs: 0,
};

describe("the mode of a session", () => {
  test.each<[string, Partial<SessionLoad>, string]>([
    [
      "never used",
      { inFlight: 0, before: 0, lastMinute: 0, idleMs: null },
      "resting",
    ],
    [
      "unused for a minute",
      { inFlight: 0, lastMinute: 0, idleMs: MINUTE },
      "resting",
    ],
    ["unused for less", { inFlight: 0, idleMs: MINUTE - 1 }, "flowing"],
    [
      "unused, but with a task that runs",
      { lastMinute: 0, idleMs: 10 * MINUTE },
      "flowing",
    ],
    ["new", { before: 0, beforeMs: 0 }, "warming"],
    [
      "new, with a rush at once",
      { before: 0, beforeMs: 0, lastMinute: 500 },
      "warming",
    ],
    [
      "there for less than a minute before the last",
      { before: 9, beforeMs: MINUTE - 1 },
      "warming",
    ],
    ["back after a rest", { before: 0, beforeMs: 14 * MINUTE }, "warming"],
    ["as usual", {}, "flowing"],
    ["slower than usual", { lastMinute: 1 }, "flowing"],
    ["a little faster", { lastMinute: 19 }, "flowing"],
    [
      "twice as fast, which may be chance",
      { before: 70, lastMinute: 10 },
      "flowing",
    ],
    ["twice as fast and more than chance", { lastMinute: 20 }, "surging"],
    ["ten times as fast", { lastMinute: 100 }, "surging"],
    [
      "five tasks where there is nearly none",
      { before: 1, lastMinute: 5 },
      "flowing",
    ],
    [
      "six tasks where there is nearly none",
      { before: 1, lastMinute: 6 },
      "surging",
    ],
  ])("%s", (_, more, mode) => {
    expect(sessionMode({ ...STEADY, ...more })).toBe(mode as never);
  });

  const load = fc.record<SessionLoad>({
    inFlight: fc.nat(5),
    lastMinute: fc.nat(200),
    before: fc.nat(2_000),
    beforeMs: fc.nat(14 * MINUTE),
    idleMs: fc.option(fc.nat(3 * MINUTE)),
  });

  test("what has something in flight never rests; what rests has not been used for a minute", () => {
    fc.assert(
      fc.property(load, (it) => {
        if (sessionMode(it) !== "resting") return;
        expect(it.inFlight).toBe(0);
        expect(it.idleMs ?? Infinity).toBeGreaterThanOrEqual(MINUTE);
      }),
    );
  });

  test("only what has a usual rate flows or surges, and more of it never ends a surge", () => {
    fc.assert(
      fc.property(load, fc.nat(500), (it, more) => {
        const mode = sessionMode(it);
        if (mode === "flowing" || mode === "surging")
          expect(usualRate(it)).toBeGreaterThan(0);
        if (mode === "surging") {
          expect(it.lastMinute).toBeGreaterThanOrEqual(2 * usualRate(it)!);
          const busier = { ...it, lastMinute: it.lastMinute + more };
          expect(sessionMode(busier)).toBe("surging");
        }
      }),
    );
  });

  test("a session is compared with itself: the same minute is a surge for one and slack for another", () => {
    const minute = { ...STEADY, lastMinute: 30 };
    expect(sessionMode({ ...minute, before: 14 })).toBe("surging");
    expect(sessionMode({ ...minute, before: 14_000 })).toBe("flowing");
  });
});
