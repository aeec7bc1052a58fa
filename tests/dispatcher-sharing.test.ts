import { describe, expect, test } from "bun:test";
import { holderId } from "../flow-balancer/core/ids.ts";
import { COMPLETED, failed, servers } from "./support/sharing-servers.ts";
import { until, within } from "./support/until.ts";

describe("a server that lost its tasks while it slept", () => {
  test("stops their work and has its late result refused; the result is the one of whoever took over", async () => {
    const { env, queue, one, two } = servers();
    const { task, done } = await one.submit();
    await queue.reclaim(holderId("one"), { abandon: false });
    two.consumer.nudge();
    await until("the other to run it", () => two.asked.length === 1);
    one.end(task.id, failed("TASK_THREW"));
    await until("it to be given up", () => one.dispatcher.held.size === 0);
    two.end(task.id, COMPLETED);
    await until("its end", async () => {
      env.advance(250);
      return (await queue.get(task.id))?.state === "completed";
    });
    await until("the look", () => {
      env.advance(250);
      return Bun.peek.status(done) !== "pending";
    });
    expect(await done).toMatchObject({ state: "completed" });
  });

  test("runs one of them again if it comes back to it", async () => {
    const { queue, one } = servers();
    const { task, done } = await one.submit();
    const leases = one.dispatcher.held.leases();
    await queue.reclaim(holderId("one"), { abandon: false });
    one.dispatcher.held.lose(leases);
    await until("it to run again", () => one.asked.length === 2);
    one.end(task.id, COMPLETED);
    expect(await done).toMatchObject({ state: "completed", attempt: 1 });
  });

  test("keeps one that it claimed anew before it noticed, and lets go of what it had", async () => {
    const { queue, one } = servers();
    const { task } = await one.submit();
    const leases = one.dispatcher.held.leases();
    await queue.reclaim(holderId("one"), { abandon: false });
    one.consumer.nudge();
    await until("it to run again", () => one.asked.length === 2);
    // Speaks of the old lease.
    one.dispatcher.held.lose(leases);
    one.end(task.id, COMPLETED);
    await until(
      "its end",
      async () => (await queue.get(task.id))?.state === "completed",
    );
    expect(one.dispatcher.held.size).toBe(0);
  });
});

describe("a task", () => {
  test("that another server holds is cancelled there", async () => {
    const { env, queue, one, two } = servers();
    one.consumer.start();
    const { task } = await one.submit();
    const cancelled = two.dispatcher.cancel(task.id);
    await until("it to be told", () => {
      env.advance(250);
      return Bun.peek.status(cancelled) !== "pending";
    });
    expect(await cancelled).toMatchObject({ state: "cancelled" });
    expect(await queue.get(task.id)).toMatchObject({ state: "cancelled" });
    await one.consumer.stop();
  });

  test("that failed and has attempts to spare is tried again after its pause, by whoever has room", async () => {
    const { env, queue, one, two } = servers();
    const { task, done } = await one.submit(
      {},
      { terms: { maxAttempts: 2, backoffMs: 1_000 } },
    );
    one.end(task.id, failed("TASK_THREW"));
    await until("it to be given back", () => one.dispatcher.held.size === 0);
    two.consumer.nudge();
    expect((await queue.sweep()).due).toBe(0);
    env.advance(1_500);
    expect((await queue.sweep()).due).toBe(1);
    two.consumer.nudge();
    await until("the second try", () => two.asked.length === 1);
    expect(two.asked[0]).toMatchObject({ id: task.id, attempt: 2 });
    two.end(task.id, COMPLETED);
    await until("the look", () => {
      env.advance(250);
      return Bun.peek.status(done) !== "pending";
    });
    expect(await done).toMatchObject({ state: "completed" });
  });

  test("of a group runs when the one before has ended", async () => {
    const { one } = servers();
    const group = { key: "deploy", limit: 1 };
    const first = await one.submit({}, { terms: { group } });
    const second = await one.submit({}, { terms: { group } });
    expect(one.asked).toHaveLength(1);
    one.end(first.task.id, COMPLETED);
    await until("the second", () => one.asked.length === 2);
    one.end(second.task.id, COMPLETED);
    expect(await second.done).toMatchObject({ state: "completed" });
  });
});

test("a server that closes leaves what it was told to remember, and ends what its caller waited for", async () => {
  const { queue, one } = servers();
  const kept = await one.submit();
  const awaited = await one.submit({}, { terms: { awaited: true } });
  const told = await one.submit({}, { terms: { awaited: true } });
  await one.dispatcher.told([told.task.id]);
  const closed = one.dispatcher.close();
  for (const { task } of [kept, awaited, told])
    one.end(task.id, failed("SHUTTING_DOWN"));
  await closed;
  const states = await Promise.all(
    [kept, awaited, told].map(
      async ({ task }) => (await queue.get(task.id))?.state,
    ),
  );
  expect(states).toEqual(["queued", "failed", "queued"]);
});

describe("what our own writes make claimable is claimed at once, with no beat:", () => {
  test("what came after a task that was cancelled before it ran", async () => {
    const { one } = servers({ seesOthers: false });
    const terms = { delayMs: 3_600_000 };
    const parent = await one.submit({}, { terms });
    const after = [{ id: parent.task.id, on: "finish" as const }];
    const child = await one.submit({ after });
    await Bun.sleep(0);
    await one.dispatcher.cancel(parent.task.id);
    await until("the child", () => one.asked.length === 1);
    expect(one.asked[0]?.id).toBe(child.task.id);
  });

  test("the next of a group whose place a failed task leaves during its pause", async () => {
    const { one } = servers({ seesOthers: false });
    const group = { key: "deploy", limit: 1 };
    const terms = { group, maxAttempts: 2, backoffMs: 60_000 };
    const first = await one.submit({}, { terms });
    const second = await one.submit({}, { terms });
    await Bun.sleep(0);
    one.end(first.task.id, failed("TASK_THREW"));
    await until("the second", () => one.asked.length === 2);
    expect(one.asked[1]?.id).toBe(second.task.id);
  });
});

describe("a task that comes back to its server", () => {
  test("while that closes does not hold up the close", async () => {
    const { queue, one } = servers();
    const { task } = await one.submit({}, { terms: { maxAttempts: 3 } });
    const retry = queue.retry.bind(queue);
    const { promise: stored, resolve: store } = Promise.withResolvers<void>();
    queue.retry = async (...args) => {
      await stored;
      return retry(...args);
    };
    one.end(task.id, failed("TASK_THREW"));
    await Bun.sleep(0);
    const closed = one.dispatcher.close();
    store();
    await within("end of the close", closed, 1_000);
    expect(await queue.get(task.id)).toMatchObject({ state: "queued" });
  });

  test("a second time answers whoever waited from the start", async () => {
    const { queue, one } = servers();
    const terms = { maxAttempts: 3, backoffMs: 0 };
    const { task, done } = await one.submit({}, { terms });
    // The server slept, claims it anew before it notices, and that run fails.
    await queue.reclaim(holderId("one"), { abandon: false });
    one.consumer.nudge();
    await until("it to run again", () => one.asked.length === 2);
    one.end(task.id, failed("TASK_THREW"));
    await until("it to be given back", () => one.dispatcher.held.size === 0);
    one.consumer.nudge();
    await until("the third run", () => one.asked.length === 3);
    one.end(task.id, COMPLETED);
    expect(await within("answer", done, 1_000)).toMatchObject({
      state: "completed",
    });
  });
});

test("what was told while it waited for its claim is left to others by a server that closes", async () => {
  const { env, queue, one } = servers();
  const terms = { awaited: true, delayMs: 500 };
  const { task } = await one.submit({}, { terms });
  await one.dispatcher.told([task.id]);
  env.advance(600);
  await queue.sweep();
  one.consumer.nudge();
  await until("it to run", () => one.asked.length === 1);
  const closed = one.dispatcher.close();
  one.end(task.id, failed("SHUTTING_DOWN"));
  await closed;
  expect(await queue.get(task.id)).toMatchObject({ state: "queued" });
});

test("a task that is claimed here at the moment of its cancellation is cancelled all the same", async () => {
  const { env, queue, one } = servers({ seesOthers: false });
  const { task } = await one.submit({}, { terms: { delayMs: 500 } });
  env.advance(600);
  await queue.sweep();
  await Bun.sleep(0);
  one.consumer.nudge();
  const cancelled = one.dispatcher.cancel(task.id);
  expect(await within("answer", cancelled, 1_000)).toMatchObject({
    state: "cancelled",
    attempt: 1,
  });
});
