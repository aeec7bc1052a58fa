import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  workersToRetire,
  workersToStart,
} from "../../flow-balancer/pool/scaling.ts";

describe("workers to start", () => {
  const load = fc.record({
    waiting: fc.nat(50),
    idleUnbound: fc.nat(10),
    starting: fc.nat(10),
    total: fc.nat(40),
  });
  const limits = fc.record({ maxWorkers: fc.nat(32), spareWorkers: fc.nat(8) });

  test("never more than there may be, never more than who waits and the spares need, and none too few", () => {
    fc.assert(
      fc.property(load, limits, (now, { maxWorkers, spareWorkers }) => {
        const start = workersToStart(now, { maxWorkers, spareWorkers });
        expect(start).toBeGreaterThanOrEqual(0);
        if (start > 0)
          expect(now.total + start).toBeLessThanOrEqual(maxWorkers);
        const coming = now.idleUnbound + now.starting + start;
        if (start > 0)
          expect(coming).toBeLessThanOrEqual(now.waiting + spareWorkers);
        if (now.total + start < maxWorkers)
          expect(coming).toBeGreaterThanOrEqual(now.waiting + spareWorkers);
      }),
      { numRuns: 500 },
    );
  });
});

describe("workers to retire", () => {
  const idle = fc.array(
    fc.record({ idleSince: fc.nat(100), bound: fc.boolean() }),
    { maxLength: 20 },
  );

  test("only those unused for long enough, longest first, and never so many that a spare is missing", () => {
    fc.assert(
      fc.property(
        idle,
        fc.nat(100),
        fc.nat(8),
        (workers, idleMs, spareWorkers) => {
          const gone = workersToRetire(workers, 100, { idleMs, spareWorkers });
          expect(new Set(gone).size).toBe(gone.length);
          for (const one of gone)
            expect(100 - one.idleSince).toBeGreaterThanOrEqual(idleMs);
          expect(gone.map(({ idleSince }) => idleSince)).toEqual(
            gone.map(({ idleSince }) => idleSince).toSorted((a, b) => a - b),
          );
          const unbound = workers.filter(({ bound }) => !bound);
          const left = unbound.filter((one) => !gone.includes(one));
          expect(left.length).toBeGreaterThanOrEqual(
            Math.min(unbound.length, spareWorkers),
          );
          // Whoever could go has gone.
          for (const one of workers)
            if (!gone.includes(one) && 100 - one.idleSince >= idleMs) {
              expect(one.bound).toBe(false);
              expect(left.length).toBeLessThanOrEqual(spareWorkers);
            }
        },
      ),
      { numRuns: 500 },
    );
  });
});
