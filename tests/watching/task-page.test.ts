import { expect, test } from "bun:test";
import { taskView } from "../../monitoring/api/task-views.ts";
import { wireError } from "../../flow-balancer/core/errors.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { Decisions } from "../../flow-balancer/store/decisions.ts";
import { WatchRig } from "./watch-rig.ts";

async function pageOf(rig: WatchRig, id: string) {
  const page = await rig.watch.task(id);
  expect(taskView.parse(page)).toEqual(page as never);
  return page!;
}

test("each attempt with its own three clocks, its limit and what went wrong in it", async () => {
  using rig = new WatchRig();
  const { queue, env, id: holder } = rig;
  // Others end all the time.
  const noise = async () => {
    for (let n = 0; n < 30; n++) await rig.ended("completed", { runMs: 999 });
    env.advance(1_000);
  };
  await noise();
  const { id, lease } = await rig.submit(
    { kind: "lint" },
    { holder, maxAttempts: 2 },
  );
  await noise();
  await queue.retry(lease!, {
    result: {
      status: "failed",
      error: wireError("TASK_THREW", "no luck"),
      valueJson: null,
    },
    execution: {
      tier: "cold",
      worker: "w4" as never,
      waitMs: 5,
      startMs: 40,
      runMs: 7,
    },
    startedAt: env.now(),
    output: null,
    timeoutMs: 1_234,
  });
  await noise();
  env.advance(60_000);
  await queue.sweep();
  const [claimed] = await queue.claim({
    queue: "pool",
    holder,
    max: 1,
    leaseMs: null,
  });
  await rig.settle(claimed!.lease, "completed", {
    waitMs: 2,
    startMs: 1,
    runMs: 3,
  });
  await noise();
  const page = await pageOf(rig, id);
  expect(page.attempts).toMatchObject([
    {
      attempt: 1,
      state: "retried",
      tier: "cold",
      wait_ms: 5,
      start_ms: 40,
      run_ms: 7,
      timeout_ms: 1_234,
      error: { code: "TASK_THREW", message: "no luck" },
    },
    {
      attempt: 2,
      state: "completed",
      tier: "warm",
      worker: "w1",
      wait_ms: 2,
      start_ms: 1,
      run_ms: 3,
      error: null,
    },
  ]);
  expect(page).toMatchObject({
    max_attempts: 2,
    error: null,
    value: "1",
    output: null,
  });
  expect(page.task.state).toBe("completed");
});

test("what it was given and printed is shown cut, credentials masked at any depth", async () => {
  using rig = new WatchRig();
  const input = {
    env: {
      API_KEY: "k-1",
      password: "hunter2",
      nested: [{ authorization: "Basic zzz", Cookie: "c=1" }],
    },
    argv: [
      "curl",
      "-H",
      "Authorization: Bearer abcdef0123456789",
      "https://me:pw123@host/",
    ],
    max_tokens: 5,
    long: "x".repeat(40_000),
  };
  const { id, lease } = await rig.submit(
    { inputJson: JSON.stringify(input) },
    { holder: rig.id },
  );
  await rig.queue.settle(lease!, {
    result: { status: "completed", valueJson: '{"token":"t-9","ok":true}' },
    execution: null,
    startedAt: null,
    output: {
      text: `${"y".repeat(20_000)}\npassword=hunter2\nend`,
      bytesSeen: 20_020,
      truncated: false,
    },
  });
  const page = await pageOf(rig, id);
  const all = JSON.stringify(page);
  for (const secret of [
    "k-1",
    "hunter2",
    "Basic zzz",
    "c=1",
    "abcdef0123456789",
    "pw123",
    "t-9",
  ])
    expect(all).not.toContain(secret);
  expect(page.input).toContain('"max_tokens": 5');
  expect(page.value).toContain('"ok": true');
  expect(page.input!.length).toBe(page.cut_at_bytes + 1);
  expect(page.output!.length).toBe(page.cut_at_bytes);
  expect(page.output).toEndWith("end");
  expect(page.output_bytes).toBe(20_020);
});

test("what it comes after, what comes after it, and what policies chose for it", async () => {
  using rig = new WatchRig();
  const parent = await rig.submit({}, { holder: rig.id });
  const { id } = await rig.submit({ after: [{ id: parent.id, on: "finish" }] });
  const child = await rig.submit({ after: [{ id, on: "success" }] });
  await new Decisions(rig.store, rig.env).record({
    ...{
      taskId: id,
      attempt: 1,
      policy: "router",
      version: "1",
      choice: "fast",
    },
    alternatives: [
      { choice: "fast", propensity: 0.9, score: 1.5 },
      { choice: "slow", propensity: 0.1, score: null },
    ],
    propensity: 0.9,
    reason: {},
  });
  const page = await pageOf(rig, id);
  expect(page.after).toEqual([
    { task_id: parent.id, on: "finish", state: "queued", title: null },
  ]);
  expect(page.dependants).toMatchObject([{ task_id: child.id, on: "success" }]);
  expect(page.decisions).toMatchObject([
    {
      policy: "router",
      choice: "fast",
      propensity: 0.9,
      alternatives: [{ score: 1.5 }, { score: null }],
    },
  ]);
});

test("a damaged input is said to be, and the rest is shown", async () => {
  using rig = new WatchRig();
  const { id } = await rig.submit({ kind: "lint" });
  rig.store.raw.run("UPDATE tasks SET input = ? WHERE id = ?", [
    new Uint8Array(50),
    id,
  ]);
  const page = await pageOf(rig, id);
  expect(page.task.kind).toBe("lint");
  expect(page.input).toBeNull();
  expect(page.why[0]).toContain(`the input of ${id}`);
});

test("the one of many is found among the outcomes by the time it ended", async () => {
  using rig = new WatchRig();
  const { raw } = rig.store;
  raw.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
     INSERT INTO outcomes (kind, state, attempt, settled_at, run_ms, task_seq)
     SELECT 'k', 'failed', 1, ?1 - (20000 - i) * 10, i, 1000000 + i FROM n`,
    [rig.env.now()],
  );
  const id = await rig.ended("failed", { runMs: 77 });
  raw.run("DELETE FROM outcomes WHERE seq % 3 = 0 AND seq < 19000");
  const seq = 1_004_000;
  raw.run(
    `INSERT INTO tasks (seq, id, kind, input, priority, state, attempt, fence, submitted_at, settled_at)
     VALUES (?, 'task_early', 'k', '{}', 0, 'failed', 1, 1, 0, ?)`,
    [seq, rig.env.now() - 160_000],
  );
  const early = await pageOf(rig, "task_early" as TaskId);
  expect(early.attempts).toMatchObject([{ run_ms: 4_000 }]);
  expect((await pageOf(rig, id)).attempts).toMatchObject([{ run_ms: 77 }]);
});
