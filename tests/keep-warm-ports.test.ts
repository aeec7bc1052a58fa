import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type IdleWorker,
  type KeepWarmOptions,
  keepWarmPorts,
} from "../flow-balancer/keep-warm-ports.ts";
import { FakeEnv } from "./support/fake-env.ts";

const SECOND = 1_000;
const DAY = 86_400 * SECOND;

const AVERAGE: Omit<KeepWarmOptions, "mono"> = {
  idleMs: 60 * SECOND,
  startMs: () => 100,
  memoryMb: () => null,
};

/** Ports, and tasks of 1 s that come with the time between them. */
function learning(costs: Partial<KeepWarmOptions> = {}) {
  const env = new FakeEnv();
  const ports = keepWarmPorts({ ...AVERAGE, mono: env.mono, ...costs });
  const task = (kind: string): void => {
    ports.observeKind.began(kind, env.mono());
    env.advance(SECOND);
    ports.observeKind.ended(kind, env.mono());
  };
  const every = (kind: string, periodMs: number, times: number): void => {
    for (let n = 0; n < times; n++) {
      task(kind);
      env.advance(periodMs);
    }
  };
  return { env, ports, task, every };
}

const worker = (
  loaded: readonly string[],
  more: Partial<IdleWorker> = {},
): IdleWorker => ({
  loaded: new Set(loaded),
  idleSince: 0,
  holdsMemory: false,
  memoryMb: null,
  ...more,
});

describe("how long a worker is kept", () => {
  test.each([0, 60, 5 * SECOND, 60 * SECOND, DAY])(
    "without evidence: the idle time that is set, %d ms",
    (idleMs) => {
      const { ports } = learning({ idleMs });
      expect(ports.keepWarmMs("any")).toBe(idleMs);
    },
  );

  test("a kind that comes by the clock: just beyond its period", () => {
    const { ports, every } = learning();
    every("often", 40 * SECOND, 30);
    expect(ports.keepWarmMs("often")).toBeGreaterThan(40 * SECOND);
    expect(ports.keepWarmMs("often")).toBeLessThan(60 * SECOND);
  });

  test("one that is dear to start, and comes by the clock, longer than the idle time", () => {
    const { ports, every } = learning({
      startMs: (kind) => (kind === "dear" ? 400 : 100),
    });
    every("dear", 150 * SECOND, 30);
    expect(ports.keepWarmMs("dear")).toBeGreaterThan(150 * SECOND);
    expect(ports.keepWarmMs("dear")).toBeLessThan(240 * SECOND);
  });

  test("one that comes too rarely for what its start is worth: hardly at all", () => {
    const { ports, every } = learning();
    every("rare", 600 * SECOND, 30);
    expect(ports.keepWarmMs("rare")).toBeLessThan(10 * SECOND);
    expect(ports.keepWarmMs("rare")).toBeGreaterThanOrEqual(SECOND);
  });

  test("one that never came back, beside others that do: about the idle time", () => {
    const { ports, every, task } = learning();
    task("gone");
    every("often", 2 * SECOND, 1_000);
    expect(ports.keepWarmMs("gone")).toBeGreaterThan(60 * SECOND * 0.8);
    expect(ports.keepWarmMs("gone")).toBeLessThan(60 * SECOND * 1.25);
  });

  test("without evidence: longer for what starts slowly, shorter for what holds more memory", () => {
    const { ports } = learning({
      startMs: (kind) => (kind === "slow" ? 300 : 100),
      memoryMb: (kind) => (kind === "large" ? 200 : 50),
    });
    expect(ports.keepWarmMs("slow")).toBe(180 * SECOND);
    expect(ports.keepWarmMs("large")).toBe(15 * SECOND);
  });

  test("never shorter than a second, or the idle time if that is less, nor longer than a day", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: DAY }),
        fc.double({ min: 0, noNaN: true }),
        fc.option(fc.double({ min: 0, noNaN: true })),
        fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(10 * DAY)), {
          maxLength: 40,
        }),
        (idleMs, startMs, memoryMb, visits) => {
          const { ports, every } = learning({
            idleMs,
            startMs: (kind) => (kind === "a" ? startMs : 100),
            memoryMb: (kind) => (kind === "b" ? memoryMb : 50),
          });
          for (const [kind, gapMs] of visits) every(kind, gapMs, 1);
          for (const kind of ["a", "b", "never"]) {
            const keptMs = ports.keepWarmMs(kind);
            expect(keptMs).toBeGreaterThanOrEqual(Math.min(idleMs, SECOND));
            expect(keptMs).toBeLessThanOrEqual(DAY);
          }
        },
      ),
    );
  });
});

describe("what is said of it", () => {
  test("nothing of a kind none of whose tasks ended", () => {
    const { ports } = learning();
    ports.observeKind.began("new", 0);
    expect(ports.keepWarmStatus()).toEqual([]);
  });

  test("thin evidence is called a prior, that of others theirs, and its own its own", () => {
    const { ports, every } = learning();
    const of = (kind: string) =>
      ports.keepWarmStatus().find((it) => it.kind === kind);
    every("a", 40 * SECOND, 2);
    expect(of("a")).toEqual({
      kind: "a",
      keepMs: 60 * SECOND,
      basis: "prior",
      gaps: 1,
    });
    every("a", 40 * SECOND, 18);
    every("b", 5 * SECOND, 1);
    expect(of("a")).toEqual({
      kind: "a",
      keepMs: ports.keepWarmMs("a"),
      basis: "own_gaps",
      gaps: 19,
    });
    expect(of("b")).toMatchObject({ basis: "all_kinds", gaps: 19 });
  });

  test("of twenty kinds at most, those that ended last", () => {
    const { ports, task } = learning();
    for (let n = 0; n < 25; n++) task(`k${n}`);
    task("k7");
    const kinds = ports.keepWarmStatus().map(({ kind }) => kind);
    expect(kinds).toHaveLength(20);
    expect(kinds.slice(0, 2)).toEqual(["k7", "k24"]);
    expect(kinds).not.toContain("k4");
  });
});

describe("who goes first when memory is short", () => {
  test("where nothing is known: the longest unused", () => {
    const { ports, env } = learning();
    env.advance(100 * SECOND);
    const oldest = worker(["b"], { idleSince: 10 });
    const idle = [
      worker(["a"], { idleSince: 90_000 }),
      oldest,
      worker(["c"], { idleSince: 50_000 }),
    ];
    expect(ports.evictFirst(idle)).toBe(oldest);
    expect(() => ports.evictFirst([])).toThrow(RangeError);
  });

  test("rather one whose kinds seldom come back; of its kinds the most valuable counts, in whatever order", () => {
    const { ports, env, every } = learning();
    every("often", 20 * SECOND, 40);
    every("rare", 3_600 * SECOND, 40);
    const now = env.mono();
    const both = worker(["rare", "often"], { idleSince: now - 2 * SECOND });
    const again = worker(["often", "rare"], { idleSince: now - 2 * SECOND });
    const rare = worker(["rare"], { idleSince: now - SECOND });
    expect(ports.evictFirst([both, again, rare])).toBe(rare);
  });

  test("rather a bare one, which no task misses, and of two alike the larger", () => {
    const { ports, env } = learning();
    env.advance(100 * SECOND);
    const small = worker(["a"], { idleSince: 1, memoryMb: 30 });
    const large = worker(["a"], { idleSince: 2, memoryMb: 90 });
    const bare = worker([], { idleSince: 3, memoryMb: 30 });
    expect(ports.evictFirst([small, large, bare])).toBe(bare);
    expect(ports.evictFirst([small, large])).toBe(large);
  });

  test("what a kind does says nothing of a worker that holds a session's memory", () => {
    const { ports, env, every } = learning();
    for (let n = 0; n < 40; n++) every(`rare ${n}`, 3_600 * SECOND, 3);
    every("often", 5 * SECOND, 60);
    const now = env.mono();
    const held = worker(["often"], { idleSince: now - 3, holdsMemory: true });
    const free = worker(["often"], { idleSince: now - 4 });
    expect(ports.evictFirst([free, held])).toBe(held);
  });
});
