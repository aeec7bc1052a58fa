import { describe, expect, test } from "bun:test";
import { packText } from "../../flow-balancer/codec/stored-text.ts";
import {
  tasksOutput,
  tasksShow,
} from "../../flow-balancer/store-commands/tasks-show.ts";
import { appendToArchive } from "../../flow-balancer/store/archive-file.ts";
import { openStore } from "../../flow-balancer/store/database.ts";
import { taskOutputs, tasks } from "../../flow-balancer/store/schema.ts";
import { StoredHome, terminal } from "./stored-home.ts";

const EVIL = "one \u001b[31m\ntwo \u009b2J";

async function aBoard(home: StoredHome): Promise<void> {
  const { env } = home;
  await home.item(1, "The one before", {
    state: "completed",
    settled_at: env.now(),
  });
  await home.item(2, "Write it", {
    state: "running",
    holder: "ada",
    lease_boot: env.boot() + 90_000,
    started_at: env.now(),
    after: JSON.stringify(["task_1", ["task_gone", "finish"]]),
    attempt: 2,
    fence: 5,
    lost: 1,
    cancel_asked: 1,
  });
  await home.item(3, "The one after", { pending: 1 });
  await home.insert("dependencies", {
    task_seq: 3,
    parent_seq: 2,
    '"on"': "failure",
  });
  await home.insert("attempts", {
    task_seq: 2,
    attempt: 1,
    fence: 2,
    holder: "bob\u001b[0m",
    ended_at: env.now(),
    '"end"': "lease_expired",
  });
  await home.insert("board_notes", {
    task_seq: 2,
    at: env.now(),
    by: "bob",
    text: EVIL,
  });
  env.advance(30_000);
}

const show = async (home: StoredHome, id: string) =>
  (await tasksShow(id, home.where, terminal())).data;
const showJson = async (home: StoredHome, id: string) =>
  JSON.parse((await tasksShow(id, home.where, "json")).data);

describe("flow-balancer tasks show", () => {
  test("tells everything of a task of the board", async () => {
    using home = new StoredHome();
    await aBoard(home);
    const at = new Date(home.env.now() - 30_000).toISOString();
    expect((await show(home, "task_2")).split("\n")).toEqual([
      "task    task_2",
      "what    Write it",
      "state   running, attempt 2 of 2, 1 of its holders died, somebody wants it cancelled",
      `asked   ${at} (30 s ago), by ada, weight 3`,
      "after   task_1, completed: The one before",
      "        task_gone, not there, on finish",
      "before  task_3, queued, on failure: The one after",
      `holder  ada, since ${at} (30 s ago), lease ends in 1 min, fence 5`,
      `try 1   lease expired ${at} (30 s ago), held by bob\\u001b[0m`,
      `note    ${at} (30 s ago), bob: one \\u001b[31m`,
      "        two \\u009b2J",
    ]);
    expect(await showJson(home, "task_2")).toMatchObject({
      schema: 1,
      task_id: "task_2",
      state: "running",
      holder: "ada",
      lease_left_ms: 60_000,
      fence: 5,
      lost_holders: 1,
      cancel_asked: true,
      after: [
        { task_id: "task_1", on: "success", state: "completed" },
        { task_id: "task_gone", on: "finish", state: null, title: null },
      ],
      dependants: [{ task_id: "task_3", on: "failure" }],
      attempts: [{ attempt: 1, end: "lease_expired", error: null }],
      board: { created_by: "ada", proven: null, notes: [{ text: EVIL }] },
    });
  });

  test("tells what was proven, and by what", async () => {
    using home = new StoredHome();
    await home.task(1, { queue: "board", kind: "agent", state: "completed" });
    const command = {
      type: "command",
      argv: ["sh", "-c", "\u001b"],
      cwd: null,
    };
    await home.insert("board_items", {
      seq: 1,
      task_id: "task_1",
      title: "Done",
      details: "a\nb",
      weight: 3,
      capabilities: '["ts","sql"]',
      created_by: "ada",
      worked_by: "bob",
      progress_done: 2,
      progress_total: 3,
      required: "[]",
      summary: "as asked",
      proven: JSON.stringify([
        { evidence: command, holds: true, seen: "exited with 0", at: 0 },
      ]),
    });
    const text = await show(home, "task_1");
    for (const line of [
      "details    a\n           b\n",
      "worked by  bob\n",
      "needs      ts, sql\n",
      "progress   2 of 3\n",
      'proven     the command ["sh","-c","\\u001b"]: exited with 0\n',
      "summary    as asked",
    ])
      expect(text).toContain(line);
  });

  test("tells of a task of the pool what it was given and how it ended", async () => {
    using home = new StoredHome();
    await home.task(1, {
      state: "failed",
      input: JSON.stringify({ argv: ["x".repeat(2_000)] }),
      error: JSON.stringify({
        code: "NON_ZERO_EXIT",
        message: `it said ${EVIL}`,
        hint: "Look.",
        retryable: false,
      }),
      tier: "warm",
      worker: "w1",
      started_at: home.env.now(),
      settled_at: home.env.now() + 2_400,
      max_attempts: 3,
    });
    home.env.advance(5_000);
    const text = await show(home, "task_1");
    expect(text).toContain("state   failed, attempt 1 of 3\n");
    expect(text).toContain("ran on  w1, warm\n");
    expect(text).toContain("after 2.4 s\n");
    expect(text).toContain("error   NON_ZERO_EXIT: it said one \\u001b[31m\n");
    expect(text).toContain("        Look.\n");
    expect(text).toMatch(/\ninput {3}\{"argv":\["x{100,500}…$/);
    expect(await showJson(home, "task_1")).toMatchObject({
      input: { argv: ["x".repeat(2_000)] },
      error: { code: "NON_ZERO_EXIT" },
      board: null,
    });
  });

  test("finds what has left for the archive", async () => {
    using home = new StoredHome();
    await home.task(1, { state: "completed", value: "7" });
    const { raw, orm } = openStore(home.path, "normal", home.env);
    const [task] = orm.select().from(tasks).all();
    orm.delete(tasks).run();
    raw.close();
    const output: typeof taskOutputs.$inferSelect = {
      taskId: task!.id,
      text: "printed",
      bytesSeen: 7,
      truncated: false,
    };
    const archived = {
      task: task!,
      output,
      attempts: [],
      item: null,
      notes: [],
    };
    await appendToArchive(home.home, [archived], {
      at: home.env.now(),
      number: 1,
    });
    expect(await showJson(home, "task_1")).toMatchObject({
      state: "completed",
      value: 7,
    });
    expect((await tasksOutput("task_1", home.where, terminal())).data).toBe(
      "printed",
    );
  });

  test("knows only what is there, and no id leads elsewhere", async () => {
    using home = new StoredHome();
    await expect(show(home, "task_1")).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    home.writeOld();
    expect(await showJson(home, "task_old")).toMatchObject({
      state: "completed",
      queue: "pool",
      board: null,
      attempts: [],
    });
    for (const id of ["", "task_1", "../../etc/passwd", "' OR 1=1 --"])
      await expect(show(home, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("flow-balancer tasks output", () => {
  test("gives what was printed: as it is, but harmless on a terminal", async () => {
    using home = new StoredHome();
    await home.task(1);
    const text = `${EVIL}\n`;
    await home.insert("task_outputs", {
      task_id: "task_1",
      text,
      bytes_seen: 9_000,
      truncated: 1,
    });
    const output = (width: number) =>
      tasksOutput("task_1", home.where, terminal(width));
    expect(await output(Infinity)).toEqual({
      data: EVIL,
      notes: ["It printed 9,000 bytes; the middle was dropped."],
    });
    expect((await output(80)).data).toBe("one \\u001b[31m\ntwo \\u009b2J");
    const { data } = await tasksOutput("task_1", home.where, "json");
    expect(JSON.parse(data)).toEqual({
      schema: 1,
      task_id: "task_1",
      text,
      bytes_printed: 9_000,
      truncated: true,
    });
  });

  test("reads long output, and gives nothing where nothing was printed", async () => {
    using home = new StoredHome();
    await home.task(1);
    await home.task(2);
    const text = "a line\n".repeat(2_000);
    const { raw, orm } = openStore(home.path, "normal", home.env);
    orm
      .insert(taskOutputs)
      .values({
        taskId: "task_1" as never,
        text: await packText(text),
        bytesSeen: text.length,
        truncated: false,
      })
      .run();
    raw.close();
    const data = async (id: string): Promise<string> =>
      (await tasksOutput(id, home.where, terminal())).data;
    expect(await data("task_1")).toBe(text.trimEnd());
    expect(await data("task_2")).toBe("");
  });
});
