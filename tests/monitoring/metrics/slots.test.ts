import { expect, test } from "bun:test";
import { Slots } from "../../../monitoring/metrics/slots.ts";

test("a worker keeps its number, and one that is gone leaves it to the next", () => {
  const slots = new Slots();
  expect(slots.of(["a", "b", "c"])).toEqual([0, 1, 2]);
  expect(slots.of(["c", "a"])).toEqual([2, 0]);
  expect(slots.of(["c", "d", "a", "e"])).toEqual([2, 1, 0, 3]);
});

test("however many come and go, there are never more numbers than workers at once", () => {
  const slots = new Slots();
  for (let n = 0; n < 1_000; n++)
    expect(Math.max(...slots.of([`w${n}`, `w${n + 1}`]))).toBeLessThan(2);
});
