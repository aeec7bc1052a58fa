import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { agedPriority } from "../../flow-balancer/core/ageing.ts";
import {
  distinctDependencies,
  refuseCycle,
} from "../../flow-balancer/core/dependency-list.ts";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { taskId } from "../../flow-balancer/core/ids.ts";
import { endOfLost } from "../../flow-balancer/core/lost-task.ts";
import { retryDelay } from "../../flow-balancer/core/retry-delay.ts";

describe("the pause before another try", () => {
  test("doubles, is longer by up to half of it, and never longer than a day and a half", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.string(),
        (backoffMs, failures, seed) => {
          const pause = Math.min(backoffMs * 2 ** (failures - 1), 86_400_000);
          const delay = retryDelay(backoffMs, failures, seed);
          expect(delay).toBeGreaterThanOrEqual(pause);
          expect(delay).toBeLessThanOrEqual(Math.ceil(pause * 1.5));
          expect(retryDelay(backoffMs, failures, seed)).toBe(delay);
        },
      ),
    );
  });

  test("is spread evenly over tasks whose names are alike", () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let n = 0; n < 10_000; n++) {
      const extra = retryDelay(1_000_000, 1, `task_${n}/1`) - 1_000_000;
      tenths[Math.min(9, Math.floor(extra / 50_000))]! += 1;
    }
    for (const n of tenths) expect(Math.abs(n - 1_000)).toBeLessThan(150);
  });

  test("of no backoff is none", () => {
    expect(retryDelay(0, 5, "x")).toBe(0);
  });
});

test("a task rises by one for each whole minute, and not at all on a clock set back", () => {
  expect(
    [-5, 0, 59_999, 60_000, 3_600_000].map((ms) => agedPriority(-3, ms)),
  ).toEqual([-3, -3, -3, -2, 57]);
});

describe("a list of dependencies", () => {
  const a = { id: taskId("a"), on: "success" } as const;
  const b = { id: taskId("b"), on: "finish" } as const;

  test("has each task once, and none that is to end in two ways", () => {
    expect(distinctDependencies([a, b, a, b])).toEqual([a, b]);
    expect(() => distinctDependencies([a, { ...a, on: "failure" }])).toThrow(
      "after names 'task_a' twice, on success and on failure",
    );
  });

  test("shows the cycle it is in, and no more", () => {
    const node = (id: string, ...after: string[]) => ({
      id: taskId(id),
      after: after.map((of) => ({ id: taskId(of), on: "finish" as const })),
    });
    const refused = (...nodes: ReturnType<typeof node>[]) => {
      try {
        refuseCycle(nodes);
      } catch (thrown) {
        return (thrown as Error).message;
      }
      return null;
    };
    expect(
      refused(node("a"), node("b", "a"), node("c", "a", "b", "there")),
    ).toBe(null);
    expect(refused(node("a", "a"))).toBe(
      "the tasks wait for each other: 'task_a' -> 'task_a'",
    );
    expect(
      refused(
        node("x", "a"),
        node("a", "b"),
        node("b", "y", "c"),
        node("c", "a"),
        node("y"),
      ),
    ).toBe(
      "the tasks wait for each other: 'task_a' -> 'task_b' -> 'task_c' -> 'task_a'",
    );
    const ring = Array.from({ length: 20_000 }, (_, n) =>
      node(`${n}`, `${(n + 1) % 20_000}`),
    );
    expect(refused(...ring)).toMatch(
      /^the tasks wait for each other: 'task_0' -> .*\.\.\. \(19989 more\) -> .* -> 'task_0'$/,
    );
    expect(refused(...ring.slice(1))).toBe(null);
  });
});

describe("a task whose holder lost it", () => {
  const lost = {
    hasStarted: true,
    runsOnce: false,
    cancelError: null,
    isAbandoned: false,
    deaths: 0,
  };
  const unwanted = wireError("CANCELLED", "unwanted");
  test.each([
    ["is queued again", lost, undefined],
    [
      "that had not started is queued again, whatever it is",
      { ...lost, hasStarted: false, runsOnce: true, deaths: 9 },
      undefined,
    ],
    [
      "that must not run twice has no known outcome, also if it is wanted cancelled or abandoned",
      {
        ...lost,
        runsOnce: true,
        cancelError: unwanted,
        isAbandoned: true,
        deaths: 3,
      },
      "unknown_outcome",
    ],
    [
      "that is wanted cancelled ends so",
      { ...lost, cancelError: unwanted, deaths: 3 },
      "cancelled",
    ],
    [
      "that nobody waits for any more ends",
      { ...lost, isAbandoned: true, hasStarted: false },
      "cancelled",
    ],
    ["may kill twice", { ...lost, deaths: 2 }, undefined],
    ["may not kill three times", { ...lost, deaths: 3 }, "poisoned"],
  ])("%s", (_, task, state) => {
    expect(endOfLost(task, "died")?.state as string | undefined).toBe(state);
  });

  test("is told with what it was cancelled", () => {
    expect(endOfLost({ ...lost, cancelError: unwanted }, "died")?.error).toBe(
      unwanted,
    );
  });
});
