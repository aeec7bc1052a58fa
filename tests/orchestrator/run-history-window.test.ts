import { expect, test } from "bun:test";
import fc from "fast-check";
import { RunWindow } from "../../orchestrator/learning/run-history-window.ts";

/** Few enough different ones that some are equal. */
const values = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 120 });

test("answers as the last so many values in a plain sorted list would", () => {
  fc.assert(
    fc.property(
      values,
      fc.integer({ min: 1, max: 40 }),
      fc.nat(120),
      fc.integer({ min: -1, max: 31 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (all, capacity, kept, probe, share) => {
        // As it goes on after it was kept.
        const before = new RunWindow(
          capacity,
          new Float32Array(all.slice(0, kept)),
        );
        const window = new RunWindow(capacity, before.inOrder());
        for (const value of all.slice(kept)) window.add(value);
        const last = all.slice(-capacity);
        const sorted = last.toSorted((a, b) => a - b);
        expect([...window.inOrder()]).toEqual(last);
        expect(window.size).toBe(last.length);
        expect(window.above(probe)).toBe(
          last.filter((it) => it > probe).length,
        );
        for (const k of [1, 2, last.length, last.length + 1])
          expect(window.largest(k)).toBe(sorted.at(-k) ?? 0);
        const rank = Math.max(1, Math.ceil(share * last.length));
        expect(window.quantile(share)).toBe(sorted[rank - 1] ?? 0);
      },
    ),
    { numRuns: 300, seed: 1 },
  );
});
