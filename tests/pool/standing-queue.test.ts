import { expect, test } from "bun:test";
import {
  initialScaling,
  noteStart,
  observe,
  workersToStart,
} from "../../flow-balancer/pool/scaling.ts";

test("a queue that stands for three starts gets one more worker, though each task alone would not pay for it", () => {
  const spawnMs = 40;
  const load = {
    waiting: 60,
    taskMs: 0.3,
    spawnMs,
    idleUnbound: 0,
    startingMs: [],
    freeInMs: [0.3, 0.3, 0.3],
    others: 0,
    total: 3,
  };
  const limits = {
    maxWorkers: 8,
    spareWorkers: 0,
    idleMs: 60_000,
    startTokens: 2,
    pressed: false,
    roomForWorkers: () => 8,
  };
  let state = initialScaling(0, limits.idleMs);
  const startsAt: number[] = [];
  for (let now = 0; now <= 500; now += 10) {
    state = observe(state, now, load, limits);
    const { start } = workersToStart(state, now, load, limits);
    if (start === 0) continue;
    expect(start).toBe(1);
    startsAt.push(now);
    state = noteStart(state, now, true, limits);
  }
  expect(startsAt).toEqual([130, 260, 390]);
  // A queue that is gone at one look begins anew.
  state = observe(state, 510, { ...load, waiting: 0 }, limits);
  state = observe(state, 520, load, limits);
  expect(workersToStart(state, 600, load, limits).start).toBe(0);
});
