import { afterEach, expect, test } from "bun:test";
import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Evidence, NewItem } from "../../flow-balancer/core/board.ts";
import { holderId } from "../../flow-balancer/core/ids.ts";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { request, resultOf } from "../support/queue-under-test.ts";
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
afterEach(() => rig.close());

/** One item that ada has. */
async function claimed(more: Partial<NewItem> = {}) {
  rig = newBoard();
  await rig.add(item("work", more));
  const declared = more.capabilities ?? [];
  return (await rig.claim(ADA, { declared })).claimed!.item.id;
}

const command = (...argv: string[]): Evidence => ({
  type: "command",
  argv,
  cwd: null,
});
const file = (path: string, sha256: string | null = null): Evidence => ({
  type: "file",
  path,
  sha256,
});
/** Of "hello\n", as `sha256sum` has it. */
const HELLO =
  "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/** How often ada's work with a capability went well, and not. */
const records = (): unknown =>
  rig.store.raw
    .query(
      "SELECT holder, capability, successes, failures FROM capability_records ORDER BY 1, 2",
    )
    .all();

test("nothing is believed without a look: what does not hold is listed, and the item stays its holder's", async () => {
  const id = await claimed({
    required: [command("false")],
    capabilities: ["bun"],
  });
  writeFileSync(join(rig.home, "out.txt"), "hello\n");
  mkdirSync(join(rig.home, "folder"));
  const evidence = [
    file("out.txt", HELLO.toUpperCase()),
    file("out.txt", "0".repeat(64)),
    file("none"),
    file("folder"),
    { type: "task", id } as const,
    { type: "task", id: "task_none" as never } as const,
  ];
  const { code, message } = await refusal(rig.complete(id, ADA, { evidence }));
  expect(code).toBe("NOT_PROVEN");
  expect(message.split("\n").slice(1)).toEqual([
    'does not hold: command ["false"]: exit 1',
    `holds: file "out.txt" with sha256 ${HELLO.toUpperCase()}: 6 bytes, sha256 ${HELLO}`,
    `does not hold: file "out.txt" with sha256 ${"0".repeat(64)}: 6 bytes, sha256 ${HELLO}`,
    'does not hold: file "none": there is no such file',
    'does not hold: file "folder": it is not a regular file',
    `does not hold: task ${id}: running`,
    "does not hold: task task_none: there is no such task",
  ]);
  expect(await rig.board.get(id)).toMatchObject({
    state: "running",
    workedBy: ADA,
    leaseLeftMs: LEASE_MS,
    proven: null,
  });
  expect(records()).toEqual([]);
});

test("what holds is kept with what was seen, releases what waited, and counts for what its holder has proven", async () => {
  const id = await claimed({
    required: [command("true")],
    capabilities: ["a", "b"],
  });
  const [next] = await rig.add(
    item("next", { after: [{ ref: id, on: "success" }] }),
  );
  const pool = await rig.queue.record(request(), {
    ...PLAIN_TERMS,
    holder: ADA,
  });
  await rig.queue.settle(pool.isNew ? pool.lease! : (null as never), {
    result: resultOf("completed", 1),
    execution: null,
    startedAt: null,
    output: null,
  });
  rig.env.advance(5_000);
  const report = await rig.complete(id, ADA, {
    summary: "done; see out",
    note: "mind the gap",
    evidence: [command("true"), { type: "task", id: pool.task.id }],
  });
  expect(report.released).toEqual([next!.id]);
  expect(report.checks.map(({ holds, seen }) => [holds, seen])).toEqual([
    [true, "exit 0"],
    [true, "completed"],
  ]);
  expect(report.item).toMatchObject({
    state: "completed",
    summary: "done; see out",
    workedBy: ADA,
    leaseLeftMs: null,
    proven: report.checks,
    notes: [{ text: "mind the gap" }],
  });
  expect((await rig.queue.get(id))?.result).toEqual({
    status: "completed",
    valueJson: JSON.stringify({
      summary: "done; see out",
      evidence: report.checks,
    }),
  });
  expect(records()).toEqual([
    { holder: ADA, capability: "a", successes: 1, failures: 0 },
    { holder: ADA, capability: "b", successes: 1, failures: 0 },
  ]);
  await rig.add(item("more", { capabilities: ["a"] }));
  expect(await rig.take(BOB, {})).toBe("next");
  expect(await rig.take(ADA, {})).toBe("more");
  expect((await refusal(rig.complete(id, ADA))).code).toBe("ALREADY_FINISHED");
});

test("a completion on somebody's word alone proves nothing; a failure counts as one, and ends what needed success", async () => {
  const id = await claimed({ capabilities: ["a"] });
  const [child] = await rig.add(
    item("child", { after: [{ ref: id, on: "success" }] }),
  );
  const failed = await rig.complete(id, ADA, {
    outcome: "failed",
    summary: "no way",
  });
  expect(failed.item).toMatchObject({
    state: "failed",
    proven: null,
    error: { code: "TASK_THREW", message: "no way" },
  });
  expect(await rig.board.get(child!.id)).toMatchObject({
    state: "failed",
    error: { code: "DEPENDENCY_FAILED" },
  });
  await rig.add(item("word", { capabilities: ["a"] }));
  const { claimed: word } = await rig.claim(ADA, { declared: ["a"] });
  const report = await rig.complete(word!.item.id, ADA);
  expect(report.item.proven).toEqual([]);
  expect(records()).toEqual([
    { holder: ADA, capability: "a", successes: 0, failures: 1 },
  ]);
});

test("a long look does not lose the item; one that never ends is cut off", async () => {
  const asked = Promise.withResolvers<void>();
  const seen = Promise.withResolvers<{ ok: boolean; seen: string }>();
  rig = newBoard({
    checkCommand: ([name]) => {
      asked.resolve();
      return name === "slow"
        ? seen.promise
        : Promise.withResolvers<never>().promise;
    },
  });
  await rig.add(item("work"));
  const again = (await rig.claim(ADA)).claimed!.item.id;
  const slow = rig.complete(again, ADA, { evidence: [command("slow")] });
  await asked.promise;
  rig.env.advance(LEASE_MS + 30_000);
  expect(await rig.take(BOB)).toBeNull();
  seen.resolve({ ok: true, seen: "\u001b[31mred" });
  expect((await slow).checks[0]?.seen).toBe("\\u001b[31mred");

  await rig.add(item("hangs"));
  const hangs = (await rig.claim(ADA)).claimed!.item.id;
  const waiting = rig.env.waiting;
  const never = refusal(
    rig.complete(hangs, ADA, { evidence: [command("hang")] }),
  );
  while (rig.env.waiting === waiting) await Bun.sleep(0);
  rig.env.advance(11 * 60_000);
  expect((await never).message).toContain("no answer within 11 min");
});

test("who lost the item while its evidence was looked at completes nothing", async () => {
  rig = newBoard({
    checkCommand: async () => {
      await rig.queue.reclaim(ADA, { abandon: false });
      await rig.claim(BOB);
      return { ok: true, seen: "" };
    },
  });
  await rig.add(item("work"));
  const { id } = (await rig.claim(ADA)).claimed!.item;
  const refused = await refusal(
    rig.complete(id, ADA, { evidence: [command("x")] }),
  );
  expect(refused.code).toBe("NOT_OWNER");
  expect(await rig.board.get(id)).toMatchObject({
    workedBy: BOB,
    state: "running",
  });
  // The second claim of the same holder has another fence.
  await rig.update(id, BOB, { release: true });
  const [old] = await rig.queue.held(ADA);
  expect(old).toBeUndefined();
  await rig.claim(BOB);
  const done = {
    outcome: "completed",
    summary: null,
    evidence: [],
    note: null,
  } as const;
  expect((await refusal(rig.board.complete(id, BOB, done, 1))).code).toBe(
    "NOT_OWNER",
  );
  const [lease] = await rig.queue.held(BOB);
  await rig.board.complete(id, BOB, done, lease!.fence);
});

test("the database itself is no evidence, under no name", async () => {
  const home = (rig = newBoard()).home;
  await rig.close();
  mkdirSync(home);
  rig = newBoard({ home, path: join(home, "flow.db") });
  linkSync(join(home, "flow.db"), join(home, "innocent"));
  await rig.add(item("work"));
  const { id } = (await rig.claim(ADA)).claimed!.item;
  for (const path of ["flow.db", "innocent"]) {
    const evidence = [file(path, HELLO)];
    const refused = await refusal(rig.complete(id, ADA, { evidence }));
    expect(refused.message).toContain("own database is no evidence");
  }
});

test("what is not sound is refused", async () => {
  const id = await claimed();
  for (const [by, more, code] of [
    [BOB, {}, "NOT_OWNER"],
    [holderId(""), {}, "INVALID_ARGUMENT"],
    [ADA, { evidence: [command()] }, "INVALID_ARGUMENT"],
    [ADA, { evidence: [command("a\0")] }, "INVALID_ARGUMENT"],
    [ADA, { evidence: [file("")] }, "INVALID_ARGUMENT"],
    [
      ADA,
      { evidence: Array.from({ length: 11 }, () => command("true")) },
      "INVALID_ARGUMENT",
    ],
    [ADA, { summary: "x".repeat(9_000) }, "INVALID_ARGUMENT"],
  ] as const)
    expect((await refusal(rig.complete(id, by, more))).code).toBe(code);
});
