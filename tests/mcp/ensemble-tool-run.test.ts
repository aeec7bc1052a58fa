import { describe, expect, test } from "bun:test";
import type { Engine, Submission } from "../../flow-balancer/core/engine.ts";
import type { EnsembleRun } from "../../flow-balancer/core/ensemble.ts";
import type { Checked } from "../../flow-balancer/mcp/ensemble-tool-check.ts";
import { Attempts } from "../../flow-balancer/mcp/ensemble-tool-run.ts";

const settle = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

const submissionOf = (id: string, done = new Promise<never>(() => {})) =>
  ({ task: { id }, isNew: true, done }) as unknown as Submission;

/** One seat, whose attempt says "a" at once; what is asked of the check stays open. */
function bench(policy: Partial<EnsembleRun>) {
  const cancelled: string[] = [];
  const checks: PromiseWithResolvers<Checked>[] = [];
  const concluded: unknown[] = [];
  const record = { state: "completed", attempt: 1, execution: null };
  const result = { status: "completed", valueJson: '"a"' };
  const attempts = new Attempts({
    engine: {
      cancel: async (id: string) => void cancelled.push(id),
      submit: async () =>
        submissionOf("seat", Promise.resolve({ ...record, result }) as never),
    } as unknown as Engine,
    seats: [{ name: "one", request: { kind: "k" } as never, cost: null }],
    run: {
      next: ({ results, running }) => ({
        settled: null,
        start: results.length + running.length === 0 ? [0] : [],
      }),
      isChecked: () => false,
      proposals: () => [],
      conclude: (_, scores) => (concluded.push(scores), {}) as never,
      began: () => {},
      ...policy,
    },
    check: () => {
      const check = Promise.withResolvers<Checked>();
      checks.push(check);
      return check.promise;
    },
    log: () => {},
    onProgress: () => {},
  });
  return { attempts, cancelled, checks, concluded, end: attempts.toEnd() };
}

const TWO = [
  { strategy: "union", value: ["a"] },
  { strategy: "intersection", value: [] },
] as const;

describe("attempts that are stopped", () => {
  test("while the answer is checked: no further check begins, and there is no answer", async () => {
    const { attempts, checks, concluded, end } = bench({
      proposals: () => TWO,
    });
    await settle();
    expect(checks).toHaveLength(1);
    attempts.stop();
    checks[0]?.resolve({ score: 1, why: null });
    expect(await end).toBeNull();
    expect(checks).toHaveLength(1);
    expect(concluded).toEqual([]);
  });

  test("while the task of a check is submitted: it is cancelled, once it is there", async () => {
    const { attempts, checks, cancelled } = bench({ isChecked: () => true });
    await settle();
    expect(checks).toHaveLength(1);
    attempts.stop();
    attempts.follow(submissionOf("check"));
    expect(cancelled).toContain("check");
  });
});

test("checks of the answer itself are left to run", async () => {
  const { attempts, checks, cancelled, concluded, end } = bench({
    proposals: () => TWO,
  });
  await settle();
  attempts.follow(submissionOf("check"));
  expect(cancelled).not.toContain("check");
  checks[0]?.resolve({ score: 1, why: null });
  await settle();
  checks[1]?.resolve({ score: 0, why: null });
  expect(await end).not.toBeNull();
  expect(concluded).toEqual([[1, 0]]);
});

test("once it is over, the check of an attempt that came too late is cancelled", async () => {
  const { attempts, cancelled, end } = bench({});
  await end;
  attempts.follow(submissionOf("late"));
  expect(cancelled).toContain("late");
});
