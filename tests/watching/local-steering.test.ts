import { expect, setDefaultTimeout, test } from "bun:test";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { livingProcess } from "../support/processes.ts";
import { until } from "../support/until.ts";
import { SteeringRig } from "./steering-rig.ts";

setDefaultTimeout(30_000);

const running = (rig: SteeringRig, id: TaskId) =>
  until(`${id} to run`, () =>
    rig.pool.status().workers.some(({ task }) => task === id),
  );
const idsOf = (failed: readonly { task_id: string; code: string }[]) =>
  failed.map(({ task_id, code }) => [task_id, code]);

test("many are cancelled at once, and one summary says what became of each; undone, they are queued again", async () => {
  await using rig = new SteeringRig({ maxWorkers: 1, spareWorkers: 0 });
  const done = await rig.submit("done");
  rig.release("done");
  await until("its end", async () => (await rig.state(done)) === "completed");
  const runs = await rig.submit("runs");
  await running(rig, runs);
  const waits = await rig.submit("waits");
  const item = await rig.held();
  const ids = [done, runs, waits, item, "task_none", waits];
  const bulk = await rig.steering.cancel(ids, "api laptop");
  expect(bulk.done).toEqual([runs, waits, item]);
  expect(idsOf(bulk.failed)).toEqual([
    [done, "ALREADY_FINISHED"],
    ["task_none", "NOT_FOUND"],
  ]);
  expect(await rig.state(runs)).toBe("cancelled");
  expect(await rig.state(waits)).toBe("cancelled");
  expect(rig.heard).toMatchObject([
    {
      action: "task.cancelled",
      by: "api laptop",
      target: "5 tasks",
      detail: "cancelled: 3 tasks; not 2: ALREADY_FINISHED 1, NOT_FOUND 1",
      can_undo: true,
    },
  ]);
  const undone = await rig.steering.undo(rig.heard[0]!.seq, "dashboard");
  // Whoever has the item was told, and has not ended it.
  expect(undone.detail).toContain("2 tasks; not 1");
  rig.release("runs");
  rig.release("waits");
  for (const id of [runs, waits])
    await until(
      "it to run again",
      async () => (await rig.state(id)) === "completed",
    );
  const { entries } = rig.steering.list();
  expect(entries.map(({ action, can_undo }) => [action, can_undo])).toEqual([
    ["task.cancel_undone", false],
    ["task.cancelled", false],
  ]);
  await expect(rig.steering.undo(1, "x")).rejects.toThrow(
    "entry 2 did it already",
  );
  await expect(rig.steering.undo(2, "x")).rejects.toThrow(
    "nothing takes task.cancel_undone back",
  );
  await expect(rig.steering.undo(9, "x")).rejects.toThrow(
    "there is no entry 9",
  );
});

test("a cancel is not undone of a task that has changed since", async () => {
  await using rig = new SteeringRig({ maxWorkers: 1, spareWorkers: 0 });
  const id = await rig.submit("go");
  await running(rig, id);
  await rig.steering.cancel([id], "one");
  const again = await rig.steering.cancel([id], "one");
  expect(idsOf(again.failed)).toEqual([[id, "ALREADY_FINISHED"]]);
  // Somebody else tried it again, and cancelled it again.
  await rig.queue.redrive(id);
  await expect(rig.steering.undo(1, "one")).rejects.toMatchObject({
    code: "ALREADY_FINISHED",
    message: expect.stringContaining("its task has changed since"),
  });
  await Bun.sleep(2);
  await rig.steering.cancel([id], "two");
  await expect(rig.steering.undo(1, "one")).rejects.toThrow("changed since");
  expect(rig.heard.map(({ by, action }) => [by, action])).toEqual([
    ["one", "task.cancelled"],
    ["one", "task.cancel_refused"],
    ["two", "task.cancelled"],
  ]);
});

test("what failed is tried again with what ended for its sake; undone, it is cancelled", async () => {
  await using rig = new SteeringRig({ maxWorkers: 1, spareWorkers: 0 });
  const first = await rig.submit("go");
  const after = await rig.submit("after", [first]);
  await running(rig, first);
  await rig.steering.cancel([first], "a");
  expect(await rig.state(after)).toBe("failed");
  const refused = await rig.steering.retry([after], "a");
  expect(idsOf(refused.failed)).toEqual([[after, "ALREADY_FINISHED"]]);
  expect(rig.heard.at(-1)).toMatchObject({
    action: "task.retry_refused",
    can_undo: false,
  });
  expect((await rig.steering.retry([first], "a")).done).toEqual([first]);
  expect(await rig.state(after)).toBe("queued");
  await running(rig, first);
  const seq = rig.heard.at(-1)!.seq;
  expect(await rig.steering.undo(seq, "a")).toMatchObject({
    action: "task.retry_undone",
    target: first,
  });
  expect(await rig.state(first)).toBe("cancelled");
});

test("more than 500 at once, or none, is refused whole", async () => {
  await using rig = new SteeringRig({ spareWorkers: 0 });
  const many = Array.from({ length: 501 }, (_, n) => `task_${n}`);
  await expect(rig.steering.cancel(many, "a")).rejects.toThrow("not 501");
  await expect(rig.steering.retry([], "a")).rejects.toThrow("not 0");
  expect((await rig.steering.cancel(many.slice(1), "a")).failed).toHaveLength(
    500,
  );
  expect(rig.heard.map(({ action }) => action)).toEqual([
    "task.cancel_refused",
  ]);
});

test("a change of a tier that the store takes no note of is not left done", async () => {
  await using rig = new SteeringRig({ maxWorkers: 1, spareWorkers: 0 });
  rig.store.raw.run("DROP TABLE audit");
  await expect(
    rig.steering.changeTier({ tier: "cold", paused: true, limit: 1 }, "p"),
  ).rejects.toThrow();
  expect(rig.pool.status().controls?.cold).toMatchObject({
    paused: false,
    limit: null,
  });
});

test("a tier is paused, resized, drained and put back as it was", async () => {
  await using rig = new SteeringRig({ maxWorkers: 2, spareWorkers: 1 });
  const { steering, pool } = rig;
  const first = await rig.submit("go");
  await running(rig, first);
  const paused = await steering.changeTier({ tier: "cold", paused: true }, "p");
  expect(paused).toMatchObject({
    action: "tier.paused",
    target: "cold tier",
    detail: "paused",
  });
  const waits = await rig.submit("go");
  await until("it to wait", () => pool.status().waiting === 1);
  expect(pool.tiers.heldBecause(waits)).toContain("the cold tier");
  await until("it to be warm", () => pool.status().tiers.warm === 1);
  const drained = await steering.changeTier({ tier: "warm", drain: true }, "p");
  expect(drained).toMatchObject({
    action: "tier.drained",
    detail: "1 worker ends after what they run",
    can_undo: false,
  });
  expect(pool.status().controls?.warm.draining).toBe(true);
  expect(await steering.undo(paused.seq, "p")).toMatchObject({
    action: "tier.change_undone",
    detail: `entry ${paused.seq}: not paused, no limit`,
  });
  await running(rig, waits);
  rig.release("go");
  for (const id of [first, waits])
    await until("its end", async () => (await rig.state(id)) === "completed");
  await until(
    "the drained one to go",
    () => pool.status().controls?.warm.draining === false,
  );
  const resized = await steering.changeTier({ tier: "warm", limit: 0 }, "p");
  await until("those too many to go", () => pool.status().tiers.warm === 0);
  await steering.changeTier({ tier: "warm", limit: 3, paused: false }, "q");
  const again = steering.list().entries.find(({ seq }) => seq === resized.seq);
  expect(again?.can_undo).toBe(false);
  await expect(steering.undo(resized.seq, "p")).rejects.toThrow(
    "the warm tier was changed since",
  );
  await expect(steering.changeTier({ tier: "hot" }, "p")).rejects.toMatchObject(
    { code: "INVALID_ARGUMENT" },
  );
  const other = rig.steeredBy("started anew");
  expect(other.list().entries[0]).toMatchObject({
    detail: "not paused, at most 3 workers (of instance_rig)",
    can_undo: false,
  });
  expect(steering.list().entries[0]?.detail).not.toContain("rig");
  await expect(other.undo(rig.heard.at(-1)!.seq, "p")).rejects.toThrow(
    "another server's tier",
  );
});

test("a worker is killed: what it ran is lost as in any crash, and another takes its place", async () => {
  await using rig = new SteeringRig({ maxWorkers: 2, spareWorkers: 0 });
  const id = await rig.submit("go");
  await rig.begun("go");
  const [before] = rig.pool.status().workers;
  expect(before).toMatchObject({ state: "busy", task: id, taskKind: "shell" });
  const entry = await rig.steering.killWorker(before!.id, "dashboard");
  expect(entry).toMatchObject({
    action: "worker.killed",
    target: before!.id,
    detail: expect.stringContaining(id),
    can_undo: false,
  });
  // A command may have had effects: nobody runs it a second time unasked.
  await until("its end", async () => (await rig.state(id)) === "failed");
  expect((await rig.dispatcher.get(id))?.result).toMatchObject({
    error: { code: "WORKER_EXITED" },
  });
  await until("another to be there", () => rig.pool.status().idle === 1);
  expect(livingProcess(before!.pid)).toBeNull();
  await rig.steering.retry([id], "dashboard");
  await running(rig, id);
  rig.release("go");
  await until("its end", async () => (await rig.state(id)) === "completed");
  const next = rig.pool.status().workers[0]!.id;
  await rig.steering.changeTier({ tier: "cold", limit: 0 }, "x");
  expect((await rig.steering.killWorker(next, "x")).detail).toBe(
    "it ran nothing; none takes its place while the cold tier may have none",
  );
  const again = rig.steering.killWorker(before!.id, "x");
  await expect(again).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(rig.heard).toHaveLength(4);
});
