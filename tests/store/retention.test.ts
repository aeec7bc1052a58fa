import { expect, test } from "bun:test";
import { join } from "node:path";
import type { HolderId } from "../../flow-balancer/core/ids.ts";
import {
  appendToArchive,
  findInArchive,
} from "../../flow-balancer/store/archive-file.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { Retention } from "../../flow-balancer/store/retention.ts";
import { boardNotes, events } from "../../flow-balancer/store/shared-schema.ts";
import { dependencies } from "../../flow-balancer/store/schema.ts";
import { until } from "../support/until.ts";
import { DAY, type Planted, RetentionDesk } from "./retention-desk.ts";

const done = (age: number, more: Partial<Planted> = {}): Planted => ({
  state: "completed",
  age,
  onBoard: false,
  ...more,
});

test("old ended tasks move with all that is theirs; open ones, and the newest of all, stay", async () => {
  using desk = new RetentionDesk();
  const [old, board, open, fresh] = [
    desk.plant(done(40, { state: "failed" })),
    desk.plant(done(35, { onBoard: true })),
    desk.plant(done(33, { state: "running" })),
    desk.plant(done(29)),
  ];
  const newest = desk.plant(done(31));
  const report = await desk.process().runOnce();
  expect(report).toMatchObject({ archived: 2 });
  expect(desk.stored()).toEqual([open!, fresh!, newest]);
  expect((await desk.archived()).map(({ task }) => task.id)).toEqual([
    old!,
    board!,
  ]);
  for (const table of ["task_outputs", "attempts"])
    expect(desk.count(table)).toBe(3);
  expect([desk.count("board_items"), desk.count("board_notes")]).toEqual([
    0, 0,
  ]);
  expect([
    desk.tally("failed"),
    desk.tally("completed"),
    desk.tally("running"),
  ]).toEqual([0, 2, 1]);
  expect(await findInArchive(desk.home, board!)).toMatchObject({
    task: { id: board!, state: "completed", valueJson: '"value 2"' },
    output: { text: "printed 2" },
    attempts: [{ end: "retried" }],
    item: { title: "t2" },
    notes: [{ text: "first" }],
  });
  expect(await findInArchive(desk.home, open!)).toBeNull();
});

test("packed payloads come back byte for byte", async () => {
  using desk = new RetentionDesk();
  const ids = [1, 2, 3, 4].map(() => desk.plant(done(40)));
  await desk.process().runOnce();
  expect((await findInArchive(desk.home, ids[2]!))?.task.inputJson).toEqual(
    new Uint8Array([3, 2, 3]),
  );
  expect((await findInArchive(desk.home, ids[1]!))?.task.inputJson).toBe(
    '{"n":2}',
  );
});

test("beyond the newest so many the oldest move, unless they ended just now", async () => {
  using desk = new RetentionDesk();
  const ages = [5, 4, 3, 0.001, 2, 1, 0.5];
  const ids = desk.plantAll(ages.map((age) => done(age)));
  await desk.process({ keepTasks: 3 }).runOnce();
  // The fourth ended a minute and a half ago.
  expect(desk.stored()).toEqual([ids[3]!, ...ids.slice(5)]);
  await desk.process({ keepTasks: 2, quietMs: 60_000 }).runOnce();
  expect(desk.stored()).toEqual(ids.slice(5));
});

test("one that an open task still comes after stays until that has ended", async () => {
  using desk = new RetentionDesk();
  const parent = desk.plant(done(40));
  const child = desk.plant(done(39, { state: "queued" }));
  desk.plant(done(1));
  desk.store.raw.run("UPDATE tasks SET has_dependants = 1 WHERE seq = 1");
  desk.store.orm
    .insert(dependencies)
    .values({ taskSeq: 2, parentSeq: 1, on: "success" })
    .run();
  await desk.process().runOnce();
  expect(desk.stored()).toContain(parent);
  expect(await desk.archived()).toEqual([]);
  desk.store.raw.run(
    "UPDATE tasks SET state = 'cancelled', settled_at = submitted_at WHERE seq = 2",
  );
  await desk.process().runOnce();
  expect(desk.stored()).not.toContain(parent);
  expect(desk.stored()).not.toContain(child);
  expect(desk.count("dependencies")).toBe(0);
});

test.each([
  [
    "runs again",
    "UPDATE tasks SET state = 'queued', settled_at = NULL WHERE seq = 1",
  ],
  ["ran again", "UPDATE tasks SET fence = fence + 1 WHERE seq = 1"],
  ["was written to", null],
])(
  "one that %s while it was archived stays, and what is found later is the later one",
  async (_, change) => {
    using desk = new RetentionDesk();
    const [one, two] = [
      desk.plant(done(40, { onBoard: true })),
      desk.plant(done(40)),
    ];
    desk.plant(done(1));
    const meanwhile: typeof appendToArchive = async (...args) => {
      const size = await appendToArchive(...args);
      if (change === null)
        desk.store.orm
          .insert(boardNotes)
          .values({ taskSeq: 1, at: 1, by: "b" as HolderId, text: "second" })
          .run();
      else desk.store.raw.run(change);
      return size;
    };
    expect(await desk.process({}, meanwhile).runOnce()).toMatchObject({
      archived: 1,
    });
    expect(desk.stored()).toContain(one!);
    expect(desk.stored()).not.toContain(two!);
    desk.store.raw.run(
      "UPDATE tasks SET state = 'completed', settled_at = submitted_at, value = '\"again\"' WHERE seq = 1",
    );
    await desk.process().runOnce();
    expect(desk.stored()).not.toContain(one!);
    expect((await findInArchive(desk.home, one!))?.task.valueJson).toBe(
      '"again"',
    );
  },
);

test("one process at a time; one that wakes late writes to no file of another, and deletes nothing twice", async () => {
  using desk = new RetentionDesk();
  const ids = [1, 2, 3, 4, 5].map(() => desk.plant(done(40)));
  const gate = Promise.withResolvers<void>();
  let isStuck = false;
  const late = desk.process({ batchTasks: 2 }, async (...args) => {
    isStuck = true;
    await gate.promise;
    return appendToArchive(...args);
  });
  const lateRun = late.runOnce();
  await until("it writes", () => isStuck);
  expect(await desk.process().runOnce()).toBeNull();
  desk.env.advance(60_001);
  expect(await desk.process({ batchTasks: 2 }).runOnce()).toMatchObject({
    archived: 4,
  });
  gate.resolve();
  expect(await lateRun).toMatchObject({ archived: 0 });
  expect(desk.stored()).toEqual(ids.slice(4));
  expect([desk.tally("completed"), (await desk.folder()).length]).toEqual([
    1, 2,
  ]);
  // The two of the late one are there twice, and are found once.
  const archived = await desk.archived();
  expect([
    archived.length,
    new Set(archived.map(({ task }) => task.id)).size,
  ]).toEqual([6, 4]);
});

test("who lets go is followed at once, in the same file", async () => {
  using desk = new RetentionDesk();
  for (let n = 0; n < 3; n++) desk.plant(done(40));
  await desk.process().runOnce();
  desk.plant(done(40));
  desk.plant(done(1));
  expect(await desk.process().runOnce()).toMatchObject({ archived: 2 });
  expect(await desk.folder()).toEqual(["2023-11.000001.jsonl.zst"]);
  expect((await desk.archived()).length).toBe(4);
});

test("started, it works in the background, and stops when told", async () => {
  using desk = new RetentionDesk();
  for (let n = 0; n < 40; n++) desk.plant(done(40));
  const retention = desk.process({ batchTasks: 5 });
  retention.start();
  for (let i = 0; i < 200 && desk.stored().length > 20; i++) {
    desk.env.advance(5_000);
    await Bun.sleep(1);
  }
  await retention.stop();
  const left = desk.stored().length;
  expect(left).toBeLessThanOrEqual(20);
  expect(desk.env.waiting).toBe(0);
  desk.env.advance(600_000);
  await Bun.sleep(1);
  expect(desk.stored().length).toBe(left);
  // It let go: the next one need not wait.
  expect(await desk.process().runOnce()).toMatchObject({ archived: left - 1 });
});

test("what is freed goes back to the disk", async () => {
  using desk = new RetentionDesk();
  const { env } = desk;
  const path = join(desk.home, "flow.db");
  const store = openStore(path, "normal", env);
  const wide = "x".repeat(100_000);
  for (let n = 0; n < 200; n++)
    store.orm
      .insert(events)
      .values({ at: env.now() - 31 * DAY, type: "a.b", detailJson: wide })
      .run();
  const bytes = () => {
    store.raw.run("PRAGMA wal_checkpoint(TRUNCATE)");
    return Bun.file(path).size;
  };
  expect(bytes()).toBeGreaterThan(20_000_000);
  await new Retention({ store, env, home: desk.home }).runOnce();
  // What will be needed again stays.
  expect(bytes()).toBeLessThan(6_000_000);
  await closeStore(store);
});
