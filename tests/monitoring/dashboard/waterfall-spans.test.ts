import { expect, test } from "bun:test";
import type {
  AttemptView,
  TaskDetailView,
  TaskRowView,
} from "../../../monitoring/api/task-views.ts";
import { waterfallSpans } from "../../../monitoring/dashboard/waterfall-spans.ts";
import { taskRow } from "./task-rows.ts";

const T = 1_000_000;

const attempt = (more: Partial<AttemptView>): AttemptView => ({
  attempt: 1,
  holder: null,
  worker: "w1",
  tier: "warm",
  state: "completed",
  ended_at: null,
  wait_ms: null,
  start_ms: null,
  run_ms: null,
  timeout_ms: null,
  error: null,
  ...more,
});

const detail = (
  task: Partial<TaskRowView>,
  attempts: readonly AttemptView[],
): TaskDetailView => ({
  task: taskRow(1, { submitted_at: T, ...task }),
  timeout_ms: null,
  deadline_ms: null,
  max_attempts: 3,
  cancel_asked: false,
  attempts: [...attempts],
  after: [],
  dependants: [],
  input: null,
  value: null,
  error: null,
  output: null,
  output_bytes: 0,
  cut_at_bytes: 1,
  why: ["because"],
  decisions: [],
});

test("tries that are over are laid out backwards from their ends", () => {
  const { from, to, attempts } = waterfallSpans(
    detail({ state: "completed", settled_at: T + 1000 }, [
      attempt({ ended_at: T + 400, wait_ms: 100, start_ms: 200, run_ms: 100 }),
      attempt({ attempt: 2, ended_at: T + 1000, wait_ms: 500, run_ms: 100 }),
    ]),
    T + 9999,
  );
  expect([from, to]).toEqual([T, T + 1000]);
  expect(
    attempts.map(({ spans }) =>
      spans.map((it) => [it.clock, it.from - T, it.to - T]),
    ),
  ).toEqual([
    [
      ["wait", 0, 100],
      ["start", 100, 300],
      ["run", 300, 400],
    ],
    [
      ["wait", 400, 900],
      ["run", 900, 1000],
    ],
  ]);
});

test("the last try begins when a worker took it, though its end was stored later", () => {
  const { to, attempts } = waterfallSpans(
    detail({ state: "timed_out", started_at: T + 20, settled_at: T + 900 }, [
      attempt({ ended_at: T + 900, wait_ms: 20, start_ms: 30, run_ms: 300 }),
    ]),
    T + 9999,
  );
  expect(to).toBe(T + 900);
  expect(attempts[0]?.spans.at(-1)).toMatchObject({
    from: T + 50,
    to: T + 350,
  });
});

test("the tries of a task that was queued again by hand are counted on", () => {
  const { attempts } = waterfallSpans(
    detail({ state: "completed", started_at: T + 800, settled_at: T + 900 }, [
      attempt({ state: "failed", ended_at: T + 100, run_ms: 100 }),
      attempt({ ended_at: T + 900, run_ms: 100 }),
    ]),
    T + 9999,
  );
  expect(attempts.map((it) => [it.attempt, it.view?.state])).toEqual([
    [1, "failed"],
    [2, "completed"],
  ]);
});

test("a running try goes on until now", () => {
  const { to, attempts } = waterfallSpans(
    detail({ state: "running", started_at: T + 50 }, [
      attempt({ state: "running", wait_ms: 50, start_ms: 10 }),
    ]),
    T + 800,
  );
  expect(to).toBe(T + 800);
  expect(attempts[0]?.spans.at(-1)).toEqual({
    clock: "run",
    from: T + 60,
    to: T + 800,
    open: true,
  });
});

test("a task nobody has tried yet waits until now", () => {
  const { attempts } = waterfallSpans(detail({}, []), T + 300);
  expect(attempts).toEqual([
    {
      attempt: 1,
      spans: [{ clock: "wait", from: T, to: T + 300, open: true }],
    },
  ]);
});

test("clocks that add up to more than there was do not begin before the submission", () => {
  const { attempts } = waterfallSpans(
    detail({ state: "failed", settled_at: T + 100 }, [
      attempt({ ended_at: T + 100, wait_ms: 500, run_ms: 50 }),
    ]),
    T + 100,
  );
  expect(attempts[0]?.spans).toEqual([
    { clock: "wait", from: T, to: T + 50, open: false },
    { clock: "run", from: T + 50, to: T + 100, open: false },
  ]);
  const { attempts: odd } = waterfallSpans(
    detail({ state: "failed", settled_at: T + 100 }, [
      attempt({ ended_at: T + 100, start_ms: 10, run_ms: 900 }),
    ]),
    T + 100,
  );
  expect(odd[0]?.spans).toEqual([
    { clock: "run", from: T, to: T + 100, open: false },
  ]);
});
