import { expect, test } from "bun:test";
import fc from "fast-check";
import { AuditLog } from "../../flow-balancer/store/audit-log.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { audit } from "../../flow-balancer/store/shared-schema.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { TemporaryFolder } from "../support/temporary-folder.ts";
import { RetentionDesk } from "./retention-desk.ts";

const entry = {
  action: "task.cancelled",
  by: "dashboard",
  target: "task_1",
  detail: { summary: "cancelled: 1 task" },
  undo: { type: "redrive", tasks: [["task_1", true]] },
};

function setUp() {
  const env = new FakeEnv();
  const store = openStore(":memory:", "normal", env);
  return { env, store, log: new AuditLog(store, env) };
}

test("what was written is read as it was, also by who opens the file later", async () => {
  using folder = new TemporaryFolder();
  const env = new FakeEnv();
  const open = () => openStore(`${folder.path}/flow.db`, "normal", env);
  const first = open();
  const written = await new AuditLog(first, env).add(entry);
  expect(written).toEqual({ ...entry, seq: 1, at: env.now(), undoneBy: null });
  await closeStore(first);
  const second = open();
  const log = new AuditLog(second, env);
  expect(log.get(1)).toEqual(written);
  expect(log.get(2)).toBeNull();
  await closeStore(second);
});

test("an entry is taken back by the first that does; the newest come first", async () => {
  const { log } = setUp();
  await log.add(entry);
  const nothing = { ...entry, undo: null };
  const [second, third] = await Promise.all([
    log.add({ ...nothing, action: "task.cancel_undone" }, 1),
    log.add({ ...nothing, action: "task.cancel_undone" }, 1),
  ]);
  expect(log.get(1)?.undoneBy).toBe(second.seq);
  expect(log.newest().map(({ seq }) => seq)).toEqual([
    third.seq,
    second.seq,
    1,
  ]);
});

test("any text is kept, long names cut, and damage takes nothing back", async () => {
  const { log, store } = setUp();
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.jsonValue(), async (text, value) => {
      const detail = {
        summary: text,
        value: JSON.parse(JSON.stringify(value)),
      };
      const { seq } = await log.add({ ...entry, by: text, detail, undo: null });
      expect(log.get(seq)).toMatchObject({ by: text.slice(0, 200), detail });
    }),
    { numRuns: 100, seed: 1 },
  );
  const long = "x".repeat(1_000);
  const { seq } = await log.add({ ...entry, by: long, target: long });
  expect(log.get(seq)).toMatchObject({
    by: "x".repeat(200),
    target: "x".repeat(200),
  });
  for (const damaged of ["{", "[1]", "null", "7"]) {
    store.raw.run("UPDATE audit SET undo = ?, detail = ? WHERE seq = ?", [
      damaged,
      damaged,
      seq,
    ]);
    expect(log.get(seq)).toMatchObject({ undo: null, detail: {} });
  }
});

test("500 are listed; retention keeps the newest", async () => {
  using desk = new RetentionDesk();
  const log = new AuditLog(desk.store, desk.env);
  for (let n = 0; n < 1_200; n++)
    desk.store.orm
      .insert(audit)
      .values({
        at: 1,
        action: "tier.paused",
        by: "a",
        target: String(n),
        detailJson: "{}",
      })
      .run();
  expect(log.newest()).toHaveLength(500);
  expect(log.newest()[0]?.target).toBe("1199");
  const retention = desk.process({ keepAudit: 600 });
  expect(await retention.runOnce()).toMatchObject({ audit: 600 });
  expect(desk.count("audit")).toBe(600);
  expect(log.newest().at(-1)?.target).toBe("700");
  expect(await desk.process({ keepAudit: 0 }).runOnce()).toMatchObject({
    audit: 599,
  });
  // Its number is not given away again.
  expect((await log.add(entry)).seq).toBe(1_201);
});
