import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  absolute,
  ago,
  bytes,
  count,
  duration,
  percent,
  UNKNOWN,
} from "../../../monitoring/dashboard/format.ts";

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

test.each([
  [null, UNKNOWN],
  [Number.NaN, UNKNOWN],
  [0, "0 ms"],
  [0.42, "0.4 ms"],
  [840, "840 ms"],
  [999.6, "1.0 s"],
  [1234, "1.2 s"],
  [9_960, "10 s"],
  [59_600, "1 m"],
  [125 * S, "2 m 5 s"],
  [59 * M + 59.7 * S, "1 h"],
  [3 * H + 12 * M, "3 h 12 m"],
  [23 * H + 59.6 * M, "1 d"],
  [4 * D + 6 * H, "4 d 6 h"],
  [-1234, "-1.2 s"],
])("a length of %p ms is %p", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test("a length is never said with sixty of a smaller unit", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 400 * D, noNaN: true }), (ms) => {
      expect(duration(ms)).not.toMatch(/\b60 [sm]\b|\b24 h\b|\b1000 ms\b/);
    }),
    { seed: 1 },
  );
});

test.each([
  [null, UNKNOWN],
  [0, "now"],
  [12.9 * S, "12 s ago"],
  [59.9 * S, "59 s ago"],
  [3 * M, "3 m ago"],
  [26 * H, "1 d ago"],
  [-90 * S, "in 1 m"],
])("%p ms gone is %p", (gone, text) => {
  const now = 1_800_000_000_000;
  expect(ago(gone === null ? null : now - gone, now)).toBe(text);
});

test.each([
  [null, UNKNOWN],
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [1023.9 * 1024, "1.0 MiB"],
  [25 * 1024 ** 2, "25 MiB"],
  [3 * 1024 ** 5, "3072 TiB"],
])("%p bytes are %p", (n, text) => {
  expect(bytes(n)).toBe(text);
});

test.each([
  [null, UNKNOWN],
  [0, "0"],
  [12.34, "12.3"],
  [1234, "1,234"],
  [100_022, "100 k"],
  [999_600, "1.0 M"],
  [1_234_567, "1.2 M"],
])("%p are counted as %p", (n, text) => {
  expect(count(n)).toBe(text);
});

describe("a share", () => {
  test.each([
    [null, UNKNOWN],
    [0, "0%"],
    [0.0004, "<0.1%"],
    [0.034, "3.4%"],
    [0.12, "12%"],
    [0.9999, ">99%"],
    [1, "100%"],
  ])("of %p is %p", (share, text) => {
    expect(percent(share)).toBe(text);
  });

  test("is 0% or 100% only when it is none or all", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1 - 1e-9, noNaN: true }), (x) => {
        expect(["0%", "100%"]).not.toContain(percent(x));
      }),
      { seed: 2 },
    );
  });
});

describe("an exact time", () => {
  const zone = process.env["TZ"];
  afterEach(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });

  test.each([
    ["UTC", "+00:00"],
    ["Asia/Kolkata", "+05:30"],
    ["America/St_Johns", "-03:30"],
  ])("of %s can be read back, zone and all", (name, offset) => {
    process.env["TZ"] = name;
    const at = Date.UTC(2026, 10, 21, 22, 5, 9, 120);
    const text = absolute(at);
    expect(text).toEndWith(` ${offset}`);
    const [date, clock] = text.split(" ");
    expect(Date.parse(`${date}T${clock}${offset}`)).toBe(at);
  });

  test("that is not known is a dash", () => {
    expect(absolute(null)).toBe(UNKNOWN);
  });
});
