import { describe, expect, test } from "bun:test";
import {
  age,
  elapsed,
  parseElapsed,
  parseSince,
} from "../../flow-balancer/commands/elapsed.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";

const codeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (thrown) {
    return (thrown as { code: unknown }).code;
  }
};

describe("lengths of time", () => {
  test.each([
    [-5, "0 ms"],
    [999, "999 ms"],
    [1_000, "1.0 s"],
    [9_999, "9.9 s"],
    [10_000, "10 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [3_600_000, "60 min"],
    [7_200_000, "2 h"],
    [47 * 3_600_000, "47 h"],
    [48 * 3_600_000, "2 d"],
  ])("of %i ms are said as %s", (ms, text) => expect(elapsed(ms)).toBe(text));

  test.each([
    [0, "now"],
    [1_500, "1 s"],
    [3 * 60_000, "3 min"],
    [-1_000, "now"],
  ])("that are an age of %i ms are said as %s", (ms, text) =>
    expect(age(0 as EpochMs, ms as EpochMs)).toBe(text),
  );

  test.each([
    ["500", 500],
    ["90s", 90_000],
    ["5 min", 300_000],
    ["1.5h", 5_400_000],
    ["2d", 172_800_000],
    ["5m", 300_000],
  ])("%s is understood", (text, ms) =>
    expect(parseElapsed(text, "--lease")).toBe(ms),
  );

  test.each(["", "s", "-5s", "5 weeks", "1e9", "5constructor", "0x10", "5s5"])(
    "%p is refused",
    (text) => {
      expect(codeOf(() => parseElapsed(text, "--lease"))).toBe(
        "INVALID_ARGUMENT",
      );
      expect(() => parseElapsed(text, "--lease")).toThrow("--lease is ");
    },
  );

  test("since is a length before now, or a date", () => {
    const now = Date.parse("2026-01-31T12:00:00Z") as EpochMs;
    expect(parseSince("2h", now, "--since")).toBe((now - 7_200_000) as EpochMs);
    expect(parseSince("2026-01-31", now, "--since")).toBe(
      (now - 12 * 3_600_000) as EpochMs,
    );
    for (const text of ["2026-99-99", "31.1.2026"])
      expect(codeOf(() => parseSince(text, now, "--since"))).toBe(
        "INVALID_ARGUMENT",
      );
    expect(() => parseSince("yesterday", now, "--since")).toThrow(
      "--since is 'yesterday'",
    );
  });
});
