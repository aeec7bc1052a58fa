import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  type Outcome,
  payingRule,
  plainRule,
  type Setting,
  simulate,
  type SimulatedTask,
} from "./scaling-simulation.ts";
import { SeededChance } from "./seeded-chance.ts";

setDefaultTimeout(60_000);

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const SETTING: Setting = {
  maxWorkers: 16,
  spareWorkers: 2,
  idleMs: MINUTE,
  startTokens: 2,
  spawnMs: 40,
  cores: 2,
};

/** Poisson arrivals at `perSecond(t)`, tasks of exponential length. */
function arrivals(
  seed: number,
  untilMs: number,
  perSecond: (now: number) => number,
  meanMs: number,
): SimulatedTask[] {
  const chance = new SeededChance(seed);
  const tasks: SimulatedTask[] = [];
  for (let at = 0; ;) {
    at += chance.exponential(SECOND / perSecond(at));
    if (at >= untilMs) return tasks;
    tasks.push({ at, ms: chance.exponential(meanMs) });
  }
}

const burst = (at: number, count: number, ms: number): SimulatedTask[] =>
  Array.from({ length: count }, () => ({ at, ms }));

const paying = (
  tasks: readonly SimulatedTask[],
  untilMs: number,
  more: Partial<Setting> = {},
): Outcome => {
  const setting = { ...SETTING, ...more };
  return simulate(tasks, setting, payingRule(setting), untilMs);
};
const plain = (
  tasks: readonly SimulatedTask[],
  untilMs: number,
  more: Partial<Setting> = {},
): Outcome => {
  const setting = { ...SETTING, ...more };
  return simulate(tasks, setting, plainRule(setting), untilMs);
};

const waited = ({ waits }: Outcome): number =>
  waits.filter((ms) => ms > 0).length;
const mean = ({ waits }: Outcome): number =>
  waits.reduce((sum, ms) => sum + ms, 0) / waits.length;

const SHAPES: Readonly<Record<string, (seed: number) => SimulatedTask[]>> = {
  step: (seed) =>
    arrivals(seed, 5 * MINUTE, (at) => (at < MINUTE ? 2 : 60), 100),
  sine: (seed) =>
    arrivals(
      seed,
      10 * MINUTE,
      (at) => 20 + 19 * Math.sin(at / (MINUTE / 2)),
      150,
    ),
  bursts: () =>
    Array.from({ length: 8 }, (_, n) =>
      burst(n * 90 * SECOND + SECOND, 12, 400),
    ).flat(),
  sparse: (seed) => arrivals(seed, HOUR, () => 1 / 60, 500),
};

describe("simulated loads", () => {
  for (const [shape, tasksOf] of Object.entries(SHAPES))
    test(`${shape}: limits hold and every task is served`, () => {
      for (const seed of [1, 2, 3]) {
        const tasks = tasksOf(seed);
        const outcome = paying(tasks, HOUR + 5 * MINUTE);
        expect(outcome.mostWorkers).toBeLessThanOrEqual(SETTING.maxWorkers);
        expect(outcome.mostStarting).toBeLessThanOrEqual(2);
        expect(outcome.waits).toHaveLength(tasks.length);
        expect(outcome.waits.every((ms) => ms >= 0)).toBe(true);
        // Back to the spares when nothing comes any more.
        expect(outcome.starts.length - outcome.letGo.length).toBe(
          SETTING.spareWorkers,
        );
      }
    });

  test("the spares are started at once, before any task", () => {
    const { starts } = paying([], SECOND);
    expect(starts).toEqual([0, 0]);
  });

  test("steady load: after the first minutes no worker is started or let go in an hour, but a few", () => {
    for (const perSecond of [1, 10, 40]) {
      const tasks = arrivals(7, HOUR, () => perSecond, 100);
      const outcome = paying(tasks, HOUR);
      const later = outcome.starts.filter((at) => at > 5 * MINUTE);
      expect(later.length).toBeLessThanOrEqual(12);
    }
  });

  test("bursts that return after the idle time: the lesson is learned, and fewer wait than by the plain rule", () => {
    const tasks = SHAPES["bursts"]!(1);
    const ours = paying(tasks, 12 * MINUTE);
    const before = plain(tasks, 12 * MINUTE);
    expect(waited(ours)).toBeLessThanOrEqual(waited(before) / 2);
    expect(ours.starts.length).toBeLessThan(before.starts.length * 0.6);
    expect(mean(ours)).toBeLessThan(mean(before));
  });

  test("long tasks after many short ones: what was learned is corrected while they run", () => {
    const tasks = [
      ...arrivals(3, MINUTE, () => 50, 2),
      ...burst(MINUTE + SECOND, 8, MINUTE),
    ];
    const outcome = paying(tasks, 3 * MINUTE);
    expect(Math.max(...outcome.waits)).toBeLessThanOrEqual(3 * SETTING.spawnMs);
  });

  test("sparse load: nobody waits, and the workers are left alone far more than by the plain rule", () => {
    const tasks = SHAPES["sparse"]!(5);
    const ours = paying(tasks, HOUR);
    expect(tasks.length).toBeGreaterThan(30);
    expect(waited(ours)).toBe(0);
    expect(ours.starts.length).toBeLessThan(
      plain(tasks, HOUR).starts.length / 3,
    );
  });
});

describe("a start that takes ten seconds, and work of a tenth of one", () => {
  const setting = { spareWorkers: 0, spawnMs: 10 * SECOND } as const;
  // One task teaches what a task takes; then the worker is let go, and ten come at once.
  const tasks = [{ at: 0, ms: 100 }, ...burst(5 * MINUTE, 10, 100)];

  test("brings one worker for a queue that it drains in a second", () => {
    const outcome = paying(tasks, 6 * MINUTE, setting);
    expect(outcome.starts.filter((at) => at >= 5 * MINUTE)).toHaveLength(1);
    expect(Math.max(...outcome.waits)).toBeLessThanOrEqual(11 * SECOND);
    // What the rule is there for: without it there are ten.
    const before = plain(tasks, 6 * MINUTE, setting);
    expect(before.starts.filter((at) => at >= 5 * MINUTE)).toHaveLength(10);
  });

  test("brings more for a queue that one would not drain in the time of a start", () => {
    const many = [{ at: 0, ms: 100 }, ...burst(5 * MINUTE, 500, 100)];
    const outcome = paying(many, 8 * MINUTE, { ...setting, startTokens: 4 });
    const starts = outcome.starts.filter((at) => at >= 5 * MINUTE).length;
    expect(starts).toBeGreaterThan(1);
    expect(starts).toBeLessThanOrEqual(5);
  });
});

describe("a machine that is short of something", () => {
  test("pressed processors: one start at a time, a second apart, and still everybody is served", () => {
    const tasks = burst(MINUTE, 10, 5 * SECOND);
    const outcome = paying(tasks, 3 * MINUTE, {
      startTokens: 8,
      pressed: () => true,
    });
    const gaps = outcome.starts
      .slice(1)
      .map((at, n) => at - outcome.starts[n]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(SECOND);
    expect(outcome.waits).toHaveLength(10);
  });

  test("no memory: the first worker is started, and no other", () => {
    const tasks = burst(MINUTE, 10, SECOND);
    const outcome = paying(tasks, 3 * MINUTE, { roomForWorkers: () => 0 });
    expect(outcome.starts).toHaveLength(1);
    expect(outcome.waits).toHaveLength(10);
  });
});
