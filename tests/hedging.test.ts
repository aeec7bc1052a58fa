import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PLAIN_TERMS, type Terms } from "../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../flow-balancer/core/task.ts";
import type { MonoMs } from "../flow-balancer/core/time.ts";
import { Hedging } from "../flow-balancer/hedging.ts";
import { LiveTask } from "../flow-balancer/live-task.ts";
import {
  KindRegistry,
  type ModuleKind,
} from "../flow-balancer/pool/kind-registry.ts";
import type { MultiTierPoolManager } from "../flow-balancer/pool/multi-tier-pool-manager.ts";
import type { PoolTask } from "../flow-balancer/pool/pool-task.ts";
import { FakeEnv } from "./support/fake-env.ts";
import { COMPLETED } from "./support/sharing-servers.ts";

const AFTER_MS = 1_000;
const MODULE: ModuleKind = {
  name: "k",
  path: "/k.ts",
  description: null,
  effects: "none",
  concurrency: null,
  inFlight: 1,
  timeoutMs: null,
  memoryMb: null,
  capabilities: [],
  env: {},
};

interface Case {
  readonly kind?: Partial<ModuleKind>;
  readonly record?: Partial<TaskRecord>;
  readonly terms?: Partial<Terms>;
  readonly dueBy?: MonoMs;
  readonly afterMs?: number;
  readonly status?: object;
  readonly secondsWin?: true;
}

/** A pool that begins what it is given at once and never ends it, save second runs where `secondsWin`. */
function desk({ afterMs = AFTER_MS, status = {}, secondsWin }: Case = {}) {
  const env = new FakeEnv();
  const asked: PoolTask[] = [];
  const logged: string[] = [];
  const pool = {
    status: () => ({ waiting: 0, starting: 0, idle: 1, ...status }),
    run: (task: PoolTask) => {
      asked.push(task);
      task.limits?.();
      const wins = secondsWin === true && task.priority < 0;
      return {
        done: wins ? Promise.resolve(COMPLETED) : new Promise(() => {}),
        cancel: () => {},
      };
    },
  } as unknown as MultiTierPoolManager;
  const hedging = new Hedging({
    env,
    pool,
    afterMs: (kind, bucket) =>
      kind === "k" && bucket !== "?" ? (afterMs < 0 ? null : afterMs) : null,
    log: (_, event) => void logged.push(event),
  });
  const run = (of: Case = {}): void => {
    const record = {
      id: "task_1",
      kind: "k",
      inputJson: "{}",
      session: null,
      timeoutMs: null,
      ...of.record,
    } as TaskRecord;
    const live = new LiveTask(record, { ...PLAIN_TERMS, ...of.terms }, 100);
    if (of.dueBy !== undefined) live.dueBy = of.dueBy;
    const kind = new KindRegistry([{ ...MODULE, ...of.kind }], 1_000).get(
      record.kind,
    );
    let asks = 0;
    const limits = () => ({ timeoutMs: 9_000 + asks++ });
    const task = { id: "task_1", priority: 3, limits } as unknown as PoolTask;
    hedging.run(live, kind, task, {});
  };
  return { env, asked, logged, run };
}

/** How often it was run in all, once it has taken long. */
function runsOf(of: Case): number {
  const { env, asked, run } = desk(of);
  run(of);
  env.advance(AFTER_MS);
  return asked.length;
}

describe("a task", () => {
  test("that takes longer than its like is run a second time, after all who wait, with the limits of the first", () => {
    const { env, asked, logged, run } = desk();
    run();
    env.advance(AFTER_MS - 1);
    expect(asked).toHaveLength(1);
    env.advance(1);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatchObject({ id: "task_1", priority: -11 });
    expect(asked[1]!.limits!()).toEqual({ timeoutMs: 9_000 });
    expect(logged).toEqual(["hedge.begun"]);
  });

  test.each<[string, Case]>([
    ["may have effects", { kind: { effects: "idempotent" } }],
    ["must not run twice", { terms: { runsOnce: true } }],
    ["is a command", { record: { kind: "shell" } }],
    ["is of a kind that is limited", { kind: { concurrency: 4 } }],
    [
      "is of a group that is limited",
      { terms: { group: { key: "g", limit: 1 } } },
    ],
    ["shares its worker", { kind: { inFlight: 4 } }],
    ["has a limit", { record: { timeoutMs: 5_000 } }],
    ["has its kind's limit", { kind: { timeoutMs: 5_000 } }],
    ["has a deadline", { dueBy: 60_000 as MonoMs }],
    ["has a session", { record: { session: "s" as TaskRecord["session"] } }],
    ["is of a kind of which little is known", { afterMs: -1 }],
    ["finds no idle worker", { status: { idle: 0 } }],
    ["would go before one that waits", { status: { waiting: 1 } }],
    ["meets a pool that grows", { status: { starting: 1 } }],
  ])("that %s is not", (_, of) => {
    expect(runsOf(of)).toBe(1);
  });
});

test("of tasks that all take long, no more than one in twenty and five are run a second time", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), (tasks) => {
      const { env, asked, run } = desk();
      for (let n = 1; n <= tasks; n++) {
        run();
        env.advance(AFTER_MS);
        expect(asked.length - n).toBeLessThanOrEqual(5 + 0.05 * n);
      }
    }),
    { numRuns: 30 },
  );
});

test("a kind whose second runs do not win is tried a tenth as often, so that a change shows", async () => {
  const begunOf = async (of: Case): Promise<number> => {
    const { env, asked, run } = desk(of);
    for (let n = 0; n < TASKS; n++) {
      run();
      env.advance(AFTER_MS);
      await Promise.resolve();
    }
    return asked.length - TASKS;
  };
  const TASKS = 1_001;
  expect(await begunOf({ secondsWin: true })).toBeWithin(54, 57);
  // Ten tries, and four of the forty tokens after them.
  expect(await begunOf({})).toBeWithin(13, 16);
});
