import { afterEach, expect, test } from "bun:test";
import type { EpochMs } from "../../flow-balancer/core/time.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { request } from "../support/queue-under-test.ts";
import { ADA, BOB, item, newBoard, type Rig } from "./board-under-test.ts";

let rig: Rig;
const setUp = () => (rig = newBoard());
afterEach(() => rig.close());

const types = ({ events }: Awaited<ReturnType<typeof rig.status>>): string[] =>
  events.map(({ type, title, by }) => `${type} ${title} ${by}`);

test("the counts, what is worked on (the longest first), what is ready and what stands in the way", async () => {
  setUp();
  const [first] = await rig.add(
    item("first", { key: "first", priority: 3 }),
    item("second", { priority: 2 }),
    item("third", { after: [{ ref: "first", on: "finish" }] }),
    item("fourth"),
    item("fifth", { capabilities: ["gpu"] }),
    item("sixth", { priority: 1 }),
  );
  await rig.queue.record(request(), PLAIN_TERMS);
  await rig.claim(ADA);
  rig.env.advance(60_000);
  await rig.claim(BOB);
  await rig.update(first!.id, ADA, { claimResources: ["port:1"] });
  await rig.claim(BOB);
  const failed = (await rig.claim(BOB)).claimed!.item;
  expect(failed.title).toBe("fourth");
  await rig.complete(failed.id, BOB, { outcome: "failed" });
  const status = await rig.status(BOB);
  expect(status.counts).toEqual({
    queued: 2,
    ready: 1,
    blocked: 1,
    running: 3,
    completed: 0,
    failed: 1,
    timed_out: 0,
    cancelled: 0,
    unknown_outcome: 0,
    poisoned: 0,
  });
  expect(status.active.map(({ title }) => title)).toEqual([
    "first",
    "second",
    "sixth",
  ]);
  expect(status.ready).toEqual([]);
  expect(status.blocked.map(({ title }) => title)).toEqual([
    "fifth",
    "first",
    "second",
    "sixth",
    "third",
  ]);
  expect(status.load).toEqual({ activeWeight: 4, capacity: 30 });
  expect(status.resources).toMatchObject([
    { name: "port:1", holder: ADA, taskId: first!.id },
  ]);
});

test("who was away is told what others did since it was last heard of, once; a time given shows all since", async () => {
  setUp();
  const [one] = await rig.add(item("one"), item("two"));
  expect(types(await rig.status(BOB))).toEqual(["board.added one ada"]);
  rig.env.advance(1_000);
  const since = rig.env.now();
  await rig.claim(ADA);
  await rig.update(one!.id, ADA, { note: "hm" });
  await rig.update(one!.id, ADA, { progress: { done: 1, total: 2 } });
  await rig.update(one!.id, ADA, { release: true });
  await rig.claim(ADA);
  await rig.complete(one!.id, ADA);
  const away = await rig.status(BOB);
  expect(types(away)).toEqual([
    "board.claimed one ada",
    "board.noted one ada",
    "board.released one ada",
    "board.claimed one ada",
    "board.completed one ada",
  ]);
  expect(away.since).toBe((since - 1_000) as EpochMs);
  expect(types(await rig.status(BOB))).toEqual([]);
  expect(types(await rig.status(ADA))).toEqual([]);
  const asked = await rig.board.status(
    { holder: ADA, declared: [], capacity: null },
    since,
  );
  expect(types(asked)).toEqual(types(away));
});

test("a holder nobody knows is shown the newest events only; one that was silent for a month is nobody", async () => {
  setUp();
  for (let at = 0; at < 25; at++) await rig.add(item(`${at}`));
  expect(types(await rig.status(BOB))).toHaveLength(20);
  expect(types(await rig.status(BOB)).at(-1)).toBeUndefined();
  rig.env.advance(31 * 86_400_000);
  await rig.board.add([item("new")], "parallel", "carol" as never);
  expect((await rig.status(BOB)).since).toBeNull();
});

test("what ended for another's sake is told too, with who caused it before it", async () => {
  setUp();
  const [one] = await rig.add(item("one"));
  await rig.add(item("two", { after: [{ ref: one!.id, on: "success" }] }));
  await rig.claim(ADA);
  await rig.status(BOB);
  await rig.complete(one!.id, ADA, { outcome: "failed", summary: "broken" });
  expect(types(await rig.status(BOB))).toEqual([
    "board.failed one ada",
    "board.ended two null",
  ]);
});
