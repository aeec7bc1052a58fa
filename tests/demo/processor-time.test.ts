import { expect, test } from "bun:test";
import {
  busyShare,
  processorTime,
} from "../../flow-balancer/demo/processor-time.ts";

test("the share is of the time between the two moments", () => {
  const from = { busyMs: 100, totalMs: 1_000 };
  expect(busyShare(from, { busyMs: 250, totalMs: 1_200 })).toBe(0.75);
  expect(busyShare(from, from)).toBe(0);
});

test("the machine's processors have been running", () => {
  const { busyMs, totalMs } = processorTime();
  expect(totalMs).toBeGreaterThan(0);
  expect(busyMs).toBeGreaterThan(0);
  expect(busyMs).toBeLessThanOrEqual(totalMs);
});
