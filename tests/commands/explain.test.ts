import { describe, expect, test } from "bun:test";
import { explainTask } from "../../flow-balancer/commands/explain.ts";
import type { LimitInForce } from "../../flow-balancer/commands/explain/limit.ts";
import { wireError } from "../../flow-balancer/core/errors.ts";
import type {
  SessionId,
  TaskId,
  WorkerId,
} from "../../flow-balancer/core/ids.ts";
import type {
  Decision,
  Dependency,
  Execution,
  TaskRecord,
  TaskState,
} from "../../flow-balancer/core/task.ts";
import type { EpochMs } from "../../flow-balancer/core/time.ts";

const at = (seconds: number): EpochMs => (seconds * 1_000) as EpochMs;
const id = (name: string): TaskId => `task_${name}` as TaskId;
const after = (name: string): Dependency => ({ id: id(name), on: "success" });

const task = (more: Partial<TaskRecord> = {}): TaskRecord => ({
  id: id("a"),
  queue: "pool",
  holder: null,
  kind: "k",
  inputJson: "{}",
  session: null,
  priority: 0,
  timeoutMs: null,
  deadlineMs: null,
  after: [],
  state: "queued",
  attempt: 1,
  submittedAt: at(0),
  startedAt: null,
  settledAt: null,
  execution: null,
  result: null,
  ...more,
});
const decision: Decision = {
  way: "loaded_idle",
  predicted: { waitMs: 0, startMs: 50, runMs: 100 },
  instead: "spawn",
  insteadMs: 200.4,
  priceMs: 40,
};
const ran = (more: Partial<Execution> = {}): Partial<TaskRecord> => ({
  state: "completed",
  startedAt: at(1),
  settledAt: at(2),
  execution: {
    worker: "w7" as WorkerId,
    tier: "warm",
    waitMs: 0.5,
    startMs: 10,
    runMs: 300,
    decision,
    ...more,
  },
  result: { status: "completed", valueJson: "1" },
});

const explained = (
  one: TaskRecord,
  parents: readonly (readonly [TaskId, TaskState | null])[] = [],
  limit: LimitInForce | null = null,
) =>
  explainTask({
    task: one,
    parents: new Map(parents),
    limit,
    waiting: null,
    now: at(60),
  });

describe("explaining a task", () => {
  test("that ran says where, why, what else there was, and how far off each clock was", () => {
    const { text, json } = explained(
      task({
        ...ran(),
        session: "s" as SessionId,
        priority: 3,
        deadlineMs: 900,
      }),
    );
    expect(text).toBe(
      [
        "task     task_a: k, completed",
        "asked    1970-01-01T00:00:00.000Z (1 min ago), session s, priority 3, deadline 900 ms",
        "ran on   w7, warm: it had the kind's code loaded",
        "why      an idle worker that has the kind loaded",
        "instead  a new worker: 200 ms in all",
        "session  leaving its worker was priced at 40 ms",
        "         expected  actual",
        "wait       0.0 ms  0.5 ms  as expected",
        "start       50 ms   10 ms  22% of what was expected",
        "run        100 ms  300 ms  3.0 times as long as expected",
        "ended    1970-01-01T00:00:02.000Z (58 s ago), completed",
      ].join("\n"),
    );
    expect(json).toMatchObject({
      schema: 1,
      task_id: "task_a",
      state: "completed",
      deadline_ms: 900,
      age_ms: null,
      execution: { worker: "w7", tier: "warm", run_ms: 300, deaths: 0 },
      decision: {
        way: "loaded_idle",
        predicted: { wait_ms: 0, start_ms: 50, run_ms: 100 },
        instead: "spawn",
        off_by: { wait: 1.5, start: 11 / 51, run: 301 / 101 },
        why: expect.stringContaining("an idle worker that has the kind loaded"),
      },
      error: null,
    });
  });

  test("says by whose word its run was limited, unless it was asked for", () => {
    const said = (by: LimitInForce["by"]): string =>
      explained(task(ran()), [], { ms: 700, by }).text;
    expect(said("learned")).toContain("limit    700 ms, learned (");
    expect(said("kind")).toContain("limit    700 ms, configured for its kind");
    expect(said("default")).toContain("limit    700 ms, the default");
    expect(said("task")).not.toContain("limit");
    expect(
      explained(task(ran()), [], { ms: 700, by: "task" }).json,
    ).toMatchObject({ limit: { ms: 700, by: "task" } });
  });

  test("does not compare a wait with what was foretold after it", () => {
    const { text, json } = explained(task(ran({ waitMs: 2_000 })));
    expect(text).toContain("2000 ms  decided after that wait");
    expect(json).toMatchObject({ decision: { off_by: { wait: null } } });
  });

  test("whose choice was not recorded claims none", () => {
    const { text, json } = explained(task(ran({ decision: null })));
    expect(text).toContain("why     no choice is recorded: ");
    expect(text).not.toContain("expected");
    expect(json).toMatchObject({ decision: null, execution: { run_ms: 300 } });
  });

  test("that failed says how, and how many workers died under it", () => {
    const error = {
      ...wireError("POISONED", "3 workers died", "Mend it."),
      retry_after_ms: 70,
    };
    const { text, json } = explained(
      task({
        ...ran({ deaths: 3 }),
        state: "poisoned",
        result: { status: "poisoned", error, valueJson: null },
      }),
    );
    expect(text).toContain("deaths   3 of its workers died under it");
    expect(text).toEndWith(
      [
        "ended    1970-01-01T00:00:02.000Z (58 s ago), poisoned",
        "error    POISONED: 3 workers died",
        "         Mend it.",
        "         It was worth another try after 70 ms.",
      ].join("\n"),
    );
    expect(json).toMatchObject({ error, execution: { deaths: 3 } });
  });

  test("that waits says since when, and for which tasks", () => {
    const { text, json } = explained(
      task({ after: [after("b"), after("c")] }),
      [
        [id("b"), "completed"],
        [id("c"), "running"],
        [id("d"), null],
      ],
    );
    expect(text.split("\n").slice(2, 6)).toEqual([
      "waits  since 1970-01-01T00:00:00.000Z, 60 s ago",
      "for    the tasks it comes after:",
      "       task_c, running",
      "       task_d, not there",
    ]);
    expect(json).toMatchObject({
      age_ms: 60_000,
      after: [
        { task_id: "task_b", state: "completed" },
        { task_id: "task_c", state: "running" },
        { task_id: "task_d", state: null },
      ],
      execution: null,
      decision: null,
    });
    expect(explained(task()).text).toContain("for    a worker\n");
    expect(
      explained(task({ state: "running", startedAt: at(50) })).text,
    ).toContain("runs   since 1970-01-01T00:00:50.000Z, 10 s ago");
  });

  test("never lets text of others steer the terminal", () => {
    const error = wireError(
      "TASK_THREW",
      "red \u001b[31m\r\nup \u009b1A\u202e",
    );
    const { text } = explained(
      task({
        state: "failed",
        settledAt: at(1),
        session: "s\u001b]0;title\u0007" as SessionId,
        result: { status: "failed", error, valueJson: null },
      }),
    );
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    expect(text.split("\n")).toHaveLength(4);
    expect(text).toContain(
      "ended  1970-01-01T00:00:01.000Z (59 s ago), failed, never on",
    );
  });
});
