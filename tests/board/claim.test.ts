import { afterEach, expect, test } from "bun:test";
import { holderId, type TaskId, taskId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { request } from "../support/queue-under-test.ts";
import {
  ADA,
  BOB,
  item,
  LEASE_MS,
  newBoard,
  type Rig,
  refusal,
} from "./board-under-test.ts";

let rig: Rig;
const setUp = () => (rig = newBoard());
afterEach(() => rig.close());

test("a claim gives the best item with a lease, says why, and what comes next", async () => {
  setUp();
  const [gate] = await rig.add(item("gate"), item("plain"));
  await rig.add(
    item("leaf", { after: [{ ref: gate!.id, on: "success" }] }),
    item("urgent", { priority: 5 }),
  );
  const report = await rig.claim(BOB);
  expect(report.claimed?.item).toMatchObject({
    title: "urgent",
    state: "running",
    isReady: false,
    attempt: 1,
    workedBy: BOB,
    leaseLeftMs: LEASE_MS,
  });
  expect(report.claimed?.reasons[0]).toBe("priority 5");
  expect(report.load).toEqual({ activeWeight: 2, capacity: 30 });
  expect(report.others.map(({ title }) => title)).toEqual(["gate", "plain"]);
  expect(report.others[0]?.reasons).toContain("1 other waits for it");
  expect(await rig.take(ADA)).toBe("gate");
});

test("how many wait is counted through others, each once", async () => {
  setUp();
  const on = "success" as const;
  await rig.add(
    item("root", { key: "root" }),
    item("a", { key: "a", after: [{ ref: "root", on }] }),
    item("b", { key: "b", after: [{ ref: "root", on }] }),
    item("end", {
      after: [
        { ref: "a", on },
        { ref: "b", on },
      ],
    }),
  );
  const { claimed } = await rig.claim(BOB);
  expect(claimed?.reasons).toContain("3 others wait for it");
});

test("why not: an item that waits, is held, has ended, is too heavy or asks for too much says so", async () => {
  setUp();
  const [held, waiting, heavy, special] = await rig.add(
    item("held", { key: "held", priority: 9 }),
    item("waiting", { after: [{ ref: "held", on: "success" }] }),
    item("heavy", { weight: 9 }),
    item("special", { capabilities: ["gpu"] }),
  );
  expect(await rig.take(ADA)).toBe("held");
  rig.env.advance(120_000);
  const why = async (id: TaskId) => {
    const options = { id, capacity: 10 };
    const report = await rig.claim(BOB, options);
    expect(report.claimed).toBeNull();
    return report.obstacles.map(({ reason }) => reason).join();
  };
  expect(await why(held!.id)).toBe(
    "held by ada for 2 min, for another 8 min unless extended",
  );
  expect(await why(waiting!.id)).toBe(
    `waits for 'held' (${held!.id}), held by ada for 2 min`,
  );
  expect(await why(special!.id)).toBe(
    "needs 'gpu', which you have neither declared nor proven",
  );
  expect((await rig.claim(ADA, { id: held!.id })).obstacles[0]?.reason).toBe(
    "you have it already",
  );
  await rig.add(item("small"));
  expect(await rig.take(BOB)).toBe("heavy");
  expect(await why(heavy!.id)).toBe("you have it already");
  const second = await rig.claim(BOB, { capacity: 10 });
  expect(second.claimed).toBeNull();
  expect(second.obstacles.map(({ title, reason }) => [title, reason])).toEqual([
    ["special", "needs 'gpu', which you have neither declared nor proven"],
    [
      "small",
      "weight 2 is too heavy for what is left: you have 9 of 10 in hand",
    ],
    ["held", "held by ada for 2 min, for another 8 min unless extended"],
    ["heavy", "you have it already"],
    ["waiting", `waits for 'held' (${held!.id}), held by ada for 2 min`],
  ]);
  await rig.complete(held!.id, ADA);
  expect(await why(held!.id)).toBe("it has ended: completed");
  const refused = await refusal(rig.claim(BOB, { id: taskId("task_none") }));
  expect(refused.code).toBe("NOT_FOUND");
});

test("tasks of the pool are not on the board, but may be waited for", async () => {
  setUp();
  const pool = await rig.queue.record(request(), PLAIN_TERMS);
  const ref = { ref: pool.task.id, on: "finish" as const };
  const [waits] = await rig.add(item("waits", { after: [ref] }));
  expect(await rig.take(BOB)).toBeNull();
  expect((await rig.claim(BOB, { id: waits!.id })).obstacles[0]?.reason).toBe(
    `waits for ${pool.task.id} to end in any way, which nobody has taken`,
  );
  expect((await refusal(rig.claim(BOB, { id: pool.task.id }))).code).toBe(
    "NOT_FOUND",
  );
  await rig.queue.cancel(pool.task.id, {
    code: "CANCELLED",
    message: "",
    retryable: false,
  });
  expect(await rig.take(BOB)).toBe("waits");
});

test("a holder with nothing in hand may take one beyond its capacity, and then nothing", async () => {
  setUp();
  await rig.add(
    item("big", { weight: 9, priority: 1 }),
    item("tiny", { weight: 1 }),
  );
  expect(await rig.take(BOB, { capacity: 4 })).toBe("big");
  expect(await rig.take(BOB, { capacity: 4 })).toBeNull();
  // Two claims of one holder at once are not both measured against the same room.
  const [a, b] = await rig.add(
    item("a", { weight: 3 }),
    item("b", { weight: 3 }),
  );
  const both = await Promise.all([
    rig.take(ADA, { capacity: 3, id: a!.id }),
    rig.take(ADA, { capacity: 3, id: b!.id }),
  ]);
  expect(both).toEqual(["a", null]);
});

test("what ran out is another's, with the notes that were left on it, and is told", async () => {
  setUp();
  const [only] = await rig.add(item("only"));
  await rig.claim(ADA);
  await rig.update(only!.id, ADA, { note: "half done: see draft.md" });
  rig.env.advance(LEASE_MS + 1);
  const { claimed } = await rig.claim(BOB);
  expect(claimed?.item).toMatchObject({ workedBy: BOB, attempt: 2 });
  expect(claimed?.item.notes).toMatchObject([
    { by: ADA, text: "half done: see draft.md" },
  ]);
  const { events } = await rig.board.status(
    { holder: ADA, declared: [], capacity: null },
    0 as never,
  );
  expect(events.map(({ type, by }) => [type, by])).toEqual([
    ["board.added", ADA],
    ["board.claimed", ADA],
    ["board.noted", ADA],
    ["board.expired", null],
    ["board.claimed", BOB],
  ]);
});

test("a claim, an update, a release, an end: each is one transaction with what the board says of it", async () => {
  setUp();
  const [one] = await rig.add(item("one"));
  let commits = 0;
  const counted = async (call: Promise<unknown>): Promise<number> => {
    commits = 0;
    await call;
    return commits;
  };
  rig.store.commit.watch({ begun: () => void commits++, ending: () => {} });
  expect(await counted(rig.claim(ADA))).toBe(1);
  expect(await counted(rig.update(one!.id, ADA, { note: "x" }))).toBe(1);
  expect(await counted(rig.update(one!.id, ADA, { release: true }))).toBe(1);
  await rig.claim(ADA);
  expect(await counted(rig.complete(one!.id, ADA))).toBe(1);
});

test("what is beyond the first page is found, when nothing on it can be had", async () => {
  setUp();
  const gpu = Array.from({ length: 600 }, (_, at) =>
    item(`gpu ${at}`, { capabilities: ["gpu"] }),
  );
  await rig.add(...gpu, item("plain"));
  expect(await rig.take(BOB)).toBe("plain");
  expect((await rig.claim(BOB)).obstacles).toHaveLength(20);
});

test("a claimer that is not sound is refused", async () => {
  setUp();
  for (const [holder, code] of [
    ["", "INVALID_ARGUMENT"],
    ["a\nb", "INVALID_ARGUMENT"],
    ["shell-bridge", "INVALID_ARGUMENT"],
  ] as const)
    expect((await refusal(rig.claim(holderId(holder)))).code).toBe(code);
  expect((await refusal(rig.claim(BOB, { capacity: 0 }))).code).toBe(
    "OUT_OF_RANGE",
  );
});
