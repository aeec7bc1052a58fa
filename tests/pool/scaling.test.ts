import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { lastWaitMs } from "../../flow-balancer/pool/last-wait.ts";
import {
  initialScaling,
  isPanicking,
  noteLetGo,
  noteStart,
  observe,
  type PoolLoad,
  type ScalingLimits,
  workersToRetire,
  workersToStart,
} from "../../flow-balancer/pool/scaling.ts";

const IDLE_MS = 60_000;
const LIMITS: ScalingLimits = {
  maxWorkers: 16,
  spareWorkers: 2,
  idleMs: IDLE_MS,
  startTokens: 100,
  pressed: false,
  roomForWorkers: () => 100,
};
const QUIET: PoolLoad = {
  waiting: 0,
  idleUnbound: 2,
  others: 0,
  startingMs: [],
  freeInMs: [],
  total: 2,
  taskMs: 100,
  spawnMs: 40,
};
const START = initialScaling(0, IDLE_MS);
const toStart = (
  load: Partial<PoolLoad>,
  limits: Partial<ScalingLimits> = {},
): number =>
  workersToStart(START, 0, { ...QUIET, ...load }, { ...LIMITS, ...limits })
    .start;

const loads = fc
  .record({
    waiting: fc.nat(50),
    idleUnbound: fc.nat(10),
    others: fc.nat(10),
    startingMs: fc.array(fc.nat(30), { maxLength: 10 }),
    freeInMs: fc.array(fc.option(fc.nat(500), { nil: null }), {
      maxLength: 20,
    }),
    ending: fc.nat(5),
    taskMs: fc.option(fc.integer({ min: 1, max: 5_000 }), { nil: null }),
    spawnMs: fc.integer({ min: 20, max: 5_000 }),
  })
  .map(({ ending, ...load }) => ({
    ...load,
    total:
      load.idleUnbound +
      load.others +
      load.startingMs.length +
      load.freeInMs.length +
      ending,
  }));

describe("workers to start", () => {
  test("never more than there may be, nor than who waits and the spares need, nor than the tokens and the memory allow", () => {
    fc.assert(
      fc.property(
        loads,
        fc.record({
          maxWorkers: fc.integer({ min: 1, max: 40 }),
          spareWorkers: fc.nat(8),
          startTokens: fc.integer({ min: 1, max: 8 }),
          room: fc.nat(10),
          pressed: fc.boolean(),
        }),
        (load, { room, ...limits }) => {
          const start = toStart(load, {
            ...limits,
            roomForWorkers: () => room,
          });
          expect(start).toBeGreaterThanOrEqual(0);
          if (start === 0) return;
          const starting = load.startingMs.length + start;
          expect(load.total + start).toBeLessThanOrEqual(limits.maxWorkers);
          expect(load.idleUnbound + starting).toBeLessThanOrEqual(
            load.waiting + limits.spareWorkers,
          );
          expect(starting).toBeLessThanOrEqual(
            limits.pressed ? 1 : limits.startTokens,
          );
          expect(start).toBeLessThanOrEqual(
            load.total === 0 ? Math.max(1, room) : room,
          );
        },
      ),
      { numRuns: 500 },
    );
  });

  test("while nobody knows what tasks take, each that waits and each spare gets its own", () => {
    fc.assert(
      fc.property(loads, (load) => {
        const { waiting, idleUnbound, startingMs, total } = load;
        const wanted = waiting + 2 - idleUnbound - startingMs.length;
        expect(toStart({ ...load, taskMs: null })).toBe(
          Math.max(0, Math.min(wanted, LIMITS.maxWorkers - total)),
        );
      }),
    );
  });

  const unspared = { spareWorkers: 0 };
  test.each([
    ["one that is busy for long", { waiting: 1, freeInMs: [1_000] }, 1],
    ["one that is free at once", { waiting: 1, freeInMs: [5] }, 0],
    ["one whose end nobody knows", { waiting: 1, freeInMs: [null] }, 1],
    ["one on its way", { waiting: 1, startingMs: [10] }, 0],
    ["one on its way that hangs", { waiting: 1, startingMs: [4_000] }, 1],
    [
      "two quick workers for a short queue",
      { waiting: 10, taskMs: 1, freeInMs: [1, 1] },
      0,
    ],
    [
      "two slow workers for a short queue",
      { waiting: 10, freeInMs: [500, 500] },
      9,
    ],
  ] as const)("those who wait have %s", (_, load, start) => {
    const total = load.waiting === 10 ? 2 : 1;
    const found = toStart({ idleUnbound: 0, total, ...load }, unspared);
    if (start === 9) expect(found).toBeWithin(6, 11);
    else expect(found).toBe(start);
  });

  test("a queue that is gone before a worker could be there takes no spare", () => {
    const busy = { idleUnbound: 0, total: 2, freeInMs: [1, 1] };
    expect(toStart({ ...busy, waiting: 4, taskMs: 1 })).toBe(0);
  });

  test("a spare that will be back before another could be there is not replaced; one that is gone for long is", () => {
    const taken = { idleUnbound: 1, total: 2 };
    expect(toStart({ ...taken, freeInMs: [10] })).toBe(0);
    expect(toStart({ ...taken, freeInMs: [400] })).toBe(1);
  });

  test("under pressure only a second after the last, and then it says when to come again", () => {
    const load = { ...QUIET, waiting: 9, taskMs: null };
    const pressed = { ...LIMITS, pressed: true };
    const state = noteStart(START, 500, true, LIMITS);
    expect(workersToStart(state, 600, load, pressed)).toEqual({
      start: 0,
      lookAgainMs: 900,
    });
    expect(workersToStart(state, 1_500, load, pressed).start).toBe(1);
  });
});

describe("the wait of the last", () => {
  test("is that of serving one after the other by whoever is free first", () => {
    const free = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        free,
        fc.integer({ min: 1, max: 300 }),
        (waiting, freeInMs, taskMs) => {
          const workers = [...freeInMs];
          let last = 0;
          for (let n = 0; n < waiting; n++) {
            const first = workers.indexOf(Math.min(...workers));
            last = workers[first]!;
            workers[first] = last + taskMs;
          }
          // The estimate lets workers share a task: it is off by less than one.
          const found = lastWaitMs(waiting, freeInMs, taskMs);
          expect(Math.abs(found - last)).toBeLessThanOrEqual(taskMs);
        },
      ),
    );
  });

  test("nobody waits, or nobody comes", () => {
    expect(lastWaitMs(0, [], 10)).toBe(0);
    expect(lastWaitMs(1, [], 10)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("workers to retire", () => {
  const calm = { ...START, panicUntil: 0 };
  const retire = (
    idle: readonly { idleSince: number; bound: boolean }[],
    spareWorkers: number,
    state = calm,
    busyUnbound = 0,
  ) =>
    workersToRetire(state, 100, idle, {
      spareWorkers,
      busy: busyUnbound,
      busyUnbound,
      keepMs: () => 40,
    });

  test("only those unused for long enough, longest first, never so many that a spare is missing, and whoever can goes", () => {
    const idle = fc.array(
      fc.record({ idleSince: fc.nat(100), bound: fc.boolean() }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(idle, fc.nat(8), (workers, spares) => {
        const gone = retire(workers, spares);
        expect(new Set(gone).size).toBe(gone.length);
        const since = gone.map(({ idleSince }) => idleSince);
        expect(since).toEqual(since.toSorted((a, b) => a - b));
        for (const at of since) expect(100 - at).toBeGreaterThanOrEqual(40);
        const unbound = workers.filter(({ bound }) => !bound);
        const left = unbound.filter((one) => !gone.includes(one)).length;
        expect(left).toBeGreaterThanOrEqual(Math.min(unbound.length, spares));
        for (const one of workers)
          if (!gone.includes(one) && 100 - one.idleSince >= 40) {
            expect(one.bound).toBe(false);
            expect(left).toBeLessThanOrEqual(spares);
          }
      }),
    );
  });

  const old = Array.from({ length: 4 }, () => ({ idleSince: 0, bound: false }));

  test("none in the first stable window, nor while the demand is twice what there is", () => {
    expect(retire(old, 0, START)).toEqual([]);
    let state: typeof START = { ...calm, at: 0 };
    const flooded = { ...QUIET, waiting: 40, taskMs: 1_000 };
    state = observe(state, 0, flooded, LIMITS);
    state = observe(state, 10_000, flooded, LIMITS);
    expect(isPanicking(state, 10_000 + IDLE_MS - 1)).toBe(true);
    expect(isPanicking(state, 10_000 + IDLE_MS)).toBe(false);
  });

  test("not below what the stable window wanted on average", () => {
    expect(retire(old, 0, { ...calm, stable: 3 })).toHaveLength(1);
  });

  test("not while so many were wanted a moment ago, though the same few were used again and again", () => {
    const busy = { ...QUIET, freeInMs: [10, 10], idleUnbound: 2, total: 4 };
    const limits = { idleMs: IDLE_MS, spareWorkers: 0 };
    let state = observe(calm, 0, busy, limits);
    state = observe(state, 90, { ...QUIET, total: 4, idleUnbound: 4 }, limits);
    expect(retire(old, 0, { ...state, stable: 0 })).toHaveLength(2);
  });

  test("whoever is missed soon after it was let go is kept twice as long the next time, and not for ever", () => {
    const letGo = noteLetGo(calm, 1_000);
    const missed = noteStart(letGo, 5_000, true, LIMITS);
    expect(missed.penalty).toBe(2);
    expect(retire([{ idleSince: 50, bound: true }], 0, missed)).toEqual([]);
    expect(retire([{ idleSince: 20, bound: true }], 0, missed)).toHaveLength(1);
    // One let go teaches once; a replacement of one that died teaches nothing.
    expect(noteStart(missed, 6_000, true, LIMITS).penalty).toBe(2);
    expect(noteStart(letGo, 5_000, false, LIMITS).penalty).toBe(1);
    expect(noteStart(letGo, 5_000 + IDLE_MS, true, LIMITS).penalty).toBe(1);
    expect(observe(missed, 5_000 + 10 * IDLE_MS, QUIET, LIMITS).penalty).toBe(
      1,
    );
  });
});
