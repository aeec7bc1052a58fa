import { afterEach, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { taskId, type TaskId } from "../../flow-balancer/core/ids.ts";
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

/** One item for each, already claimed. */
async function claimed(): Promise<[TaskId, TaskId]> {
  setUp();
  await rig.add(item("one"), item("two"));
  const ids = [];
  for (const by of [ADA, BOB]) ids.push((await rig.claim(by)).claimed!.item.id);
  return ids as [TaskId, TaskId];
}

test("only the holder may speak for an item, and is told who else has it; a note may be anybody's", async () => {
  const [one] = await claimed();
  rig.env.advance(60_000);
  expect(await refusal(rig.update(one, BOB, { release: true }))).toEqual({
    code: "NOT_OWNER",
    message: `${one} is not yours: ada has it, for another 9 min unless extended`,
  });
  const noted = await rig.update(one, BOB, { note: "look at #3" });
  expect(noted).toMatchObject({ hold: "released", leaseMs: null });
  expect(noted.item.notes).toMatchObject([{ by: BOB, text: "look at #3" }]);
  expect(noted.item.leaseLeftMs).toBe(LEASE_MS - 60_000);
  expect((await refusal(rig.update(taskId("none"), BOB, {}))).code).toBe(
    "NOT_FOUND",
  );
  await rig.complete(one, ADA);
  expect((await refusal(rig.update(one, ADA, {}))).code).toBe(
    "ALREADY_FINISHED",
  );
});

test("an update extends the lease and keeps the progress; a cancelled item says so to its holder", async () => {
  const [one] = await claimed();
  rig.env.advance(LEASE_MS - 1);
  const progress = { done: 3, total: 10 };
  const report = await rig.update(one, ADA, { progress, leaseMs: 30_000 });
  expect(report).toMatchObject({ hold: "held", leaseMs: 30_000, refused: [] });
  expect(report.item).toMatchObject({ progress, leaseLeftMs: 30_000 });
  rig.env.advance(29_000);
  const error = {
    code: "CANCELLED",
    message: "no need",
    retryable: false,
  } as const;
  expect(await rig.queue.cancel(one, error)).toBe("asked");
  const asked = await rig.update(one, ADA, {});
  expect(asked).toMatchObject({ hold: "cancel", item: { error: null } });
  const given = await rig.update(one, ADA, { release: true });
  expect(given.item).toMatchObject({ state: "cancelled", error });
});

test("whoever says nothing of the lease never has it shortened, by an update or by proving", async () => {
  setUp();
  const [long] = await rig.add(item("long"));
  const by = { holder: ADA, declared: [], capacity: null };
  await rig.board.claim(by, { id: long!.id, leaseMs: 3_600_000 });
  const claimResources = ["port:80"];
  expect(await rig.update(long!.id, ADA, { claimResources })).toMatchObject({
    leaseMs: 3_600_000,
    item: { leaseLeftMs: 3_600_000 },
  });
  const evidence = [{ type: "file", path: "nope", sha256: null }] as const;
  const refused = await refusal(rig.complete(long!.id, ADA, { evidence }));
  expect(refused.code).toBe("NOT_PROVEN");
  rig.env.advance(3_600_000 - LEASE_MS);
  expect((await rig.status(BOB)).resources).toHaveLength(1);
  rig.env.advance(1);
  const { leaseMs, item: held } = await rig.update(long!.id, ADA, {});
  expect([leaseMs, held.leaseLeftMs]).toEqual([LEASE_MS, LEASE_MS]);
  // Unless it is asked for.
  const asked = await rig.update(long!.id, ADA, { leaseMs: 5_000 });
  expect(asked.item.leaseLeftMs).toBe(5_000);
});

test("progress without a total keeps the one that was said before, unless it is beyond it", async () => {
  const [one] = await claimed();
  const say = async (done: number, total: number | null) =>
    (await rig.update(one, ADA, { progress: { done, total } })).item.progress;
  expect(await say(1, null)).toEqual({ done: 1, total: null });
  expect(await say(3, 10)).toEqual({ done: 3, total: 10 });
  expect(await say(5, null)).toEqual({ done: 5, total: 10 });
  expect(await say(11, null)).toEqual({ done: 11, total: null });
  await say(2, 4);
  const progress = { done: 3, total: null };
  const given = await rig.update(one, ADA, { release: true, progress });
  expect(given.item.progress).toEqual({ done: 3, total: 4 });
});

test("a lease that ran out and was claimed again is lost, whatever its old holder says", async () => {
  const [one] = await claimed();
  rig.env.advance(LEASE_MS + 1);
  expect(await rig.take(BOB, { id: one })).toBe("one");
  for (const more of [
    {},
    { release: true },
    { progress: { done: 1, total: null } },
  ])
    expect((await refusal(rig.update(one, ADA, more))).code).toBe("NOT_OWNER");
  expect((await refusal(rig.complete(one, ADA))).code).toBe("NOT_OWNER");
  expect((await rig.board.get(one))?.workedBy).toBe(BOB);
});

test("released items are ready again, with their notes, and their attempt does not count", async () => {
  const [one] = await claimed();
  await rig.update(one, ADA, { claimResources: ["port:80"] });
  const { item, hold } = await rig.update(one, ADA, {
    release: true,
    note: "stuck on the API",
    progress: { done: 1, total: 2 },
  });
  expect(hold).toBe("released");
  expect(item).toMatchObject({
    isReady: true,
    attempt: 0,
    workedBy: ADA,
    progress: { done: 1, total: 2 },
  });
  expect(item.notes).toMatchObject([{ text: "stuck on the API" }]);
  await rig.claim(ADA);
  expect((await rig.status(BOB)).resources).toEqual([]);
});

test("a resource has one holder, under whatever name it is asked for, until its item ends or runs out", async () => {
  const [one, two] = await claimed();
  symlinkSync(".", join(rig.home, "link"));
  const names = ["file:src/a.ts", "port: 080", "build"];
  await rig.update(one, ADA, { claimResources: names });
  const claims = async (...claimResources: string[]) =>
    (await rig.update(two, BOB, { claimResources })).refused.map(
      ({ name, holder }) => [name.slice(-8), holder],
    );
  expect(
    await claims(
      "file:./src/b/../a.ts",
      `file:${rig.home}/link/src/a.ts`,
      "port:80",
      "build",
      "port:81",
    ),
  ).toEqual([
    ["src/a.ts", ADA],
    ["port:80", ADA],
    ["build", ADA],
  ]);
  await rig.update(one, ADA, { releaseResources: ["build"] });
  // Not its own to release.
  await rig.update(two, BOB, { releaseResources: ["port:80"] });
  expect(await claims("build", "port:80")).toEqual([["port:80", ADA]]);
  await rig.complete(one, ADA);
  expect(await claims("port:80", "file:src/a.ts")).toEqual([]);

  // Whose holder died: nobody's, although its lease would still run.
  await rig.queue.reclaim(BOB, { abandon: false });
  await rig.claim(ADA);
  expect((await rig.status(ADA)).resources).toEqual([]);
  await rig.update(two, ADA, { release: true });
  await rig.claim(BOB);
  await claims("port:80", "file:src/a.ts", "port:81", "build");

  rig.env.advance(LEASE_MS - 1);
  await rig.update(two, BOB, {});
  rig.env.advance(LEASE_MS - 1);
  expect((await rig.status(ADA)).resources).toHaveLength(4);
  rig.env.advance(2);
  expect((await rig.status(ADA)).resources).toEqual([]);
});

test("what is not sound is refused, and nothing of it is kept", async () => {
  const [one] = await claimed();
  const before = await rig.board.get(one);
  for (const [more, code] of [
    [{ progress: { done: 2, total: 1 } }, "OUT_OF_RANGE"],
    [{ progress: { done: -1, total: null } }, "OUT_OF_RANGE"],
    [{ progress: { done: 0.5, total: null } }, "OUT_OF_RANGE"],
    [{ note: "" }, "INVALID_ARGUMENT"],
    [{ note: "x".repeat(9_000) }, "INVALID_ARGUMENT"],
    [{ leaseMs: 10 }, "OUT_OF_RANGE"],
    [{ claimResources: ["port:0"] }, "OUT_OF_RANGE"],
    [{ claimResources: ["port:x"] }, "INVALID_ARGUMENT"],
    [{ claimResources: ["file:"] }, "INVALID_ARGUMENT"],
    [{ claimResources: ["file:a\0"] }, "INVALID_ARGUMENT"],
    [{ claimResources: ["a\u001b[2J"] }, "INVALID_ARGUMENT"],
  ] as const)
    expect(
      (await refusal(rig.update(one, ADA, { note: "kept?", ...more }))).code,
    ).toBe(code);
  expect(await rig.board.get(one)).toEqual(before);
});
