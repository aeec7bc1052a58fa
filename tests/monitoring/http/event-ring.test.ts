import { expect, test } from "bun:test";
import fc from "fast-check";
import { EventRing } from "../../../monitoring/http/event-ring.ts";

const FIRST = 1_000;
const LIMITS = { maxFrames: 5, maxBytes: 400 };

test("whoever names an id gets all that came after it, or is told that it cannot be", () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 150 }) },
    { weight: 1, arbitrary: fc.constant("forget" as const) },
  );
  fc.assert(
    fc.property(fc.array(step), fc.nat(60), (steps, back) => {
      const ring = new EventRing(FIRST, LIMITS);
      const all: { id: number; bytes: Uint8Array }[] = [];
      let forgotten = FIRST;
      for (const it of steps) {
        if (it === "forget") {
          ring.forget();
          forgotten = ring.lastId;
        } else all.push(ring.add("tasks", "x".repeat(it)));
      }
      const ids = all.map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      const id = ring.lastId - back;
      const missed = ring.since(String(id));
      const after = all.filter((frame) => frame.id > id);
      if (missed !== null)
        expect(missed.map((it) => it.id)).toEqual(after.map((it) => it.id));
      const bytes = after.reduce((sum, it) => sum + it.bytes.length, 0);
      const fits = after.length <= LIMITS.maxFrames && bytes <= LIMITS.maxBytes;
      // What it can know it does know.
      expect(missed !== null).toBe(id >= forgotten && fits);
    }),
    { seed: 6, numRuns: 1_000 },
  );
});

test("ids of a server that started later are later, so an old one is never taken for new", () => {
  const before = new EventRing(1_700_000_000_000_000, LIMITS);
  for (let i = 0; i < 900_000; i++) before.forget();
  const after = new EventRing(1_700_000_001_000_000, LIMITS);
  after.add("tasks", 1);
  expect(after.since(String(before.lastId))).toBeNull();
  expect(before.since(String(after.lastId))).toBeNull();
});
