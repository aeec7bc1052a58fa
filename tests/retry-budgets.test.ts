import { describe, expect, test } from "bun:test";
import { RetryBudgets } from "../flow-balancer/retry-budgets.ts";
import type { Execution } from "../flow-balancer/core/task.ts";
import { failed, servers } from "./support/sharing-servers.ts";
import { FakeEnv } from "./support/fake-env.ts";

function budgets() {
  const env = new FakeEnv();
  const said: unknown[] = [];
  const retries = new RetryBudgets(env, (_, event, of) =>
    said.push([event, of]),
  );
  const again = (kind: string, times: number): number[] =>
    Array.from({ length: times }, () => retries.holdMs(kind));
  return { env, said, retries, again };
}

describe("a kind", () => {
  test("of which a tenth fails is tried again at once, however long that goes on", () => {
    const { retries, again, said } = budgets();
    for (let n = 0; n < 1_000; n++) {
      for (let ran = 0; ran < 10; ran++) retries.ran("build");
      expect(again("build", 1)).toEqual([0]);
    }
    expect(said).toEqual([]);
    expect(retries.status()).toEqual([
      { kind: "build", left: 19, retries: 1_000, held: 0 },
    ]);
  });

  test("that fails by the crowd comes back a few at a time, none later than in five minutes", () => {
    const { again } = budgets();
    const holds = again("build", 100);
    expect(holds.slice(0, 20)).toEqual(Array(20).fill(0));
    expect(holds.slice(20, 24)).toEqual([6_000, 12_000, 18_000, 24_000]);
    expect(Math.max(...holds)).toBe(200_000);
    // The queue makes it longer by up to half.
    expect(1.5 * Math.max(...holds)).toBeLessThanOrEqual(300_000);
  });

  test("that fails takes nothing from another", () => {
    const { again, retries } = budgets();
    again("build", 100);
    expect(again("deploy", 1)).toEqual([0]);
    expect(retries.status().map(({ kind, held }) => [kind, held])).toEqual([
      ["build", 80],
      ["deploy", 0],
    ]);
  });

  test("says once a minute that its tries have to wait", () => {
    const { env, again, said } = budgets();
    again("build", 25);
    const hold = { kind: "build", hold_ms: 6_000, retries: 21, held: 1 };
    expect(said).toEqual([["retry.held", hold]]);
    env.advance(59_999);
    again("build", 30);
    expect(said).toHaveLength(1);
    env.advance(1);
    again("build", 1);
    expect(said).toHaveLength(2);
  });
});

const TASKS = 60;
const STEP_MS = 1_000;
const FAILED = { ...failed("TASK_THREW"), execution: {} as Execution };

/** Tasks that ask for five attempts each and whose every run fails: how many runs were begun within `ms`. */
async function runsWithin(ms: number, isBudgeted: boolean): Promise<number> {
  const { env, queue, one } = servers({ isBudgeted, seesOthers: false });
  const terms = { maxAttempts: 5, backoffMs: 1_000 };
  let ended = 0;
  const endAll = async (): Promise<void> => {
    do {
      for (; ended < one.asked.length; ended++)
        one.end(one.asked[ended]!.id, FAILED);
      // Stored, given back, and what follows claimed.
      for (let turn = 0; turn < 5; turn++) await Bun.sleep(0);
    } while (ended < one.asked.length);
  };
  for (let n = 0; n < TASKS; n++) await one.submit({}, { terms });
  await endAll();
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    env.advance(STEP_MS);
    if ((await queue.sweep()).due > 0) one.consumer.nudge();
    await endAll();
  }
  return ended;
}

test("what fails by the crowd multiplies the load for as long as its pauses last, and with a budget does not", async () => {
  // Pauses of 1, 2, 4 and 8 s, each longer by up to half: all five tries are over.
  expect(await runsWithin(25_000, false)).toBe(5 * TASKS);
  const runs = await runsWithin(25_000, true);
  // A fifth of the first runs and 20, and 10 a minute.
  expect(runs).toBeWithin(TASKS + 20, TASKS + TASKS / 5 + 20 + 5 + 1);
});
