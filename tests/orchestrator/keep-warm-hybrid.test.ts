import { expect, test } from "bun:test";
import { hybridHistogramPolicy } from "../../orchestrator/learning/hybrid-histogram.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The window after tasks without a duration, so far apart. */
function windowAfter(gapsMs: readonly number[]) {
  const policy = hybridHistogramPolicy([4 * HOUR]);
  let nowMs = 0;
  let windows = policy.ended("a", nowMs);
  for (const gapMs of gapsMs) {
    nowMs += gapMs;
    policy.arrived("a", nowMs);
    windows = policy.ended("a", nowMs);
  }
  expect(windows.length).toBe(1);
  const { fromMs, untilMs } = windows[0]!;
  return [fromMs / MINUTE, untilMs / MINUTE];
}

const times = (count: number, gapMs: number): number[] =>
  Array.from({ length: count }, () => gapMs);

test("without history a process is kept for the whole range", () => {
  expect(windowAfter([])).toEqual([0, 240]);
});

test("a histogram that says something: from the 5th percentile to the 99th, a tenth wider", () => {
  const [from, until] = windowAfter(times(20, 10.5 * MINUTE));
  expect(from).toBeCloseTo(10 * 0.9, 9);
  expect(until).toBeCloseTo(11 * 1.1, 9);
  // 4 of 104 come early and are not waited for; 3 late ones are.
  const mixed = [
    ...times(4, 2.5 * MINUTE),
    ...times(97, 30.5 * MINUTE),
    ...times(3, 50.5 * MINUTE),
  ];
  expect(windowAfter(mixed)[0]).toBeCloseTo(30 * 0.9, 9);
  expect(windowAfter(mixed)[1]).toBeCloseTo(51 * 1.1, 9);
});

test("a histogram that says nothing: the whole range", () => {
  const everywhere = Array.from({ length: 240 }, (_, n) => (n + 0.5) * MINUTE);
  expect(windowAfter(everywhere)).toEqual([0, 240]);
  expect(windowAfter(everywhere.slice(0, 120))).toEqual([0, 240]);
});

test("gaps mostly beyond the range: about their smoothed mean", () => {
  const [from, until] = windowAfter(times(10, 6 * HOUR));
  expect(from).toBeCloseTo(360 * 0.85, 9);
  expect(until).toBeCloseTo(360 * 1.15, 9);
  const [later] = windowAfter([...times(10, 6 * HOUR), 10 * HOUR]);
  expect(later).toBeCloseTo((360 + 0.3 * 240) * 0.85, 9);
});
