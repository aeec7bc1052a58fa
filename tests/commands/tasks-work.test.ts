import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  tasksCancel,
  tasksRetry,
} from "../../flow-balancer/store-commands/tasks-steer.ts";
import {
  tasksDone,
  tasksFail,
  tasksHeartbeat,
  tasksRelease,
} from "../../flow-balancer/store-commands/tasks-work.ts";
import { BoardDesk } from "./board-desk.ts";

describe("flow-balancer tasks claim", () => {
  test("gives the id alone, and says why on stderr", async () => {
    using board = new BoardDesk();
    const id = await board.add("Only one", { details: "of\u001b it" });
    const { data, notes, exitCode } = await board.claim();
    expect({ data, exitCode }).toEqual({ data: id, exitCode: 0 });
    expect(notes?.join("\n")).toContain("is yours: Only one");
    expect(notes?.join("\n")).toContain("Held by ada for 10 min");
    const again = await board.claim({ as: "bob" });
    expect(again).toMatchObject({ data: "", exitCode: 1 });
    expect(again.notes?.join("\n")).toContain("Nothing to claim");
    const json = await board.claim({ as: "bob", json: true });
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.data)).toMatchObject({
      schema: 1,
      holder: "bob",
      task: null,
      obstacles: [{ task_id: id }],
    });
  });

  test("minds the lease, the name and the capabilities asked for", async () => {
    using board = new BoardDesk();
    const sql = await board.add("Sql", { needs: "sql", weight: "1" });
    const plain = await board.add("Plain");
    expect((await board.claim({ as: "bob" }, sql)).exitCode).toBe(1);
    const { data } = await board.claim(
      { as: "bob", can: "sql, ts", lease: "90s" },
      sql,
    );
    expect(data).toBe(sql);
    expect(await board.show(sql)).toMatchObject({
      holder: "bob",
      lease_left_ms: 90_000,
      state: "running",
    });
    board.stored.env.advance(91_000);
    expect((await board.claim(board.ada, plain)).data).toBe(plain);
    const { data: taken } = await board.claim({ as: "eve", can: "sql" });
    expect(taken).toBe(sql);
    expect((await board.show(sql)).attempts).toMatchObject([
      { holder: "bob", end: "lease_expired" },
    ]);
  });

  test("takes back what is offered to scripts, unless one of them was faster", async () => {
    using board = new BoardDesk();
    const [free, taken] = [await board.add("free"), await board.add("taken")];
    await board.offerToScripts();
    mkdirSync(join(board.stored.home, "claims/claim", `${taken}.1`), {
      recursive: true,
    });
    expect((await board.claim()).data).toBe(free);
    expect((await board.claim()).data).toBe("");
  });

  test("needs a store, and makes none", async () => {
    using board = new BoardDesk();
    await expect(board.claim()).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(existsSync(board.stored.home)).toBe(false);
  });
});

describe("flow-balancer tasks heartbeat, release, done and fail", () => {
  test("extend and tell, for the holder alone", async () => {
    using board = new BoardDesk();
    const id = await board.add("x");
    await board.claim();
    const { where, ada } = board;
    const said = {
      ...ada,
      progress: "1/3",
      note: "n",
      lease: "2min",
      take: "port:80",
    };
    expect(await tasksHeartbeat(id, said, where)).toMatchObject({
      data: "held",
      exitCode: 0,
    });
    expect(await board.show(id)).toMatchObject({
      lease_left_ms: 120_000,
      board: { progress: { done: 1, total: 3 }, notes: [{ text: "n" }] },
    });
    await expect(
      tasksHeartbeat(id, { as: "bob" }, where),
    ).rejects.toMatchObject({ code: "NOT_OWNER" });
    await expect(
      tasksHeartbeat(id, { ...ada, progress: "lots" }, where),
    ).rejects.toThrow("--progress is 'lots'");
    const other = await board.add("y");
    await board.claim({ as: "bob" }, other);
    const refused = await tasksHeartbeat(
      other,
      { as: "bob", take: "port:80" },
      where,
    );
    expect(refused).toMatchObject({
      data: "held",
      notes: ["port:80: ada has it."],
      exitCode: 1,
    });
    const sub = { ...where, around: { ...where.around, cwd: "/project/sub" } };
    await tasksHeartbeat(id, { ...ada, take: "file:a.ts" }, sub);
    const same = { as: "bob", take: "file:/project/sub/../sub/a.ts" };
    expect((await tasksHeartbeat(other, same, where)).notes).toEqual([
      "file:/project/sub/a.ts: ada has it.",
    ]);
    expect((await tasksRelease(id, ada, where)).data).toBe("released");
    expect((await board.claim({ as: "eve" })).data).toBe(id);
  });

  test("believe nothing that does not hold", async () => {
    using board = new BoardDesk();
    const { where, ada } = board;
    const { folder } = board.stored;
    const id = await board.add("x", { evidenceCommand: true }, [
      "sh",
      "-c",
      "echo looked at; test -e ok",
    ]);
    await board.claim();
    await expect(tasksDone([id], [], ada, where)).rejects.toMatchObject({
      code: "NOT_PROVEN",
      message: expect.stringContaining("exited with 1: looked at"),
    });
    expect((await board.show(id)).state).toBe("running");
    writeFileSync(join(folder, "ok"), "");
    const more = {
      ...ada,
      evidenceFile: ["ok"],
      summary: "s",
      json: true,
    } as const;
    const { data } = await tasksDone([id], [], more, where);
    expect(JSON.parse(data)).toMatchObject({
      task: { status: "completed", summary: "s" },
      checks: [{ holds: true }, { holds: true, file: join(folder, "ok") }],
    });
    const shown = JSON.parse(
      readFileSync(join(board.stored.home, "board.json"), "utf8"),
    );
    expect(JSON.stringify(shown)).toContain('"completed":1');
  });

  test("end what comes after with a failure, until it is tried again", async () => {
    using board = new BoardDesk();
    const { where, ada } = board;
    const first = await board.add("first");
    const second = await board.add("second", { after: [first] });
    await board.claim();
    const failed = await tasksFail(first, { ...ada, reason: "no" }, where);
    expect(failed.data).toBe("failed");
    expect((await board.show(second)).state).not.toBe("queued");
    expect((await tasksRetry(first, {}, where)).data).toBe("queued");
    expect(await board.show(first)).toMatchObject({ standing: "ready" });
    expect(await board.show(second)).toMatchObject({ standing: "blocked" });
    expect((await board.claim()).data).toBe(first);
    const done = await tasksDone([first], [], ada, where);
    expect(done.notes).toEqual([`1 task can be claimed now: ${second}`]);
  });
});

describe("flow-balancer tasks cancel and retry", () => {
  test("ask a holder, end what nobody has, and refuse what has ended", async () => {
    using board = new BoardDesk();
    const { where, ada } = board;
    const held = await board.add("held");
    await board.claim();
    const free = await board.add("free");
    const reason = { reason: "not \u001b needed" };
    expect((await tasksCancel(held, reason, where)).data).toBe("asked");
    expect(await tasksHeartbeat(held, ada, where)).toMatchObject({
      data: "cancel",
      exitCode: 1,
    });
    expect((await tasksCancel(free, reason, where)).data).toBe("cancelled");
    expect(await board.show(free)).toMatchObject({
      state: "cancelled",
      error: { code: "CANCELLED", message: "not \u001b needed" },
    });
    await expect(tasksCancel(free, {}, where)).rejects.toThrow(
      "has ended: cancelled",
    );
    await expect(tasksRetry(held, {}, where)).rejects.toThrow(
      "cannot be tried again: it is running",
    );
    for (const act of [tasksCancel, tasksRetry])
      await expect(act("nope", {}, where)).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
  });
});

test("a task of the pool is said to be one, whatever is wanted of it", async () => {
  using board = new BoardDesk();
  await board.add("of the board");
  await board.stored.task(99);
  const { where, ada } = board;
  for (const act of [
    () => board.claim(ada, "task_99"),
    () => tasksHeartbeat("task_99", ada, where),
    () => tasksDone(["task_99"], [], ada, where),
    () => tasksFail("task_99", ada, where),
    () => tasksRelease("task_99", ada, where),
  ])
    await expect(act()).rejects.toMatchObject({
      code: "NOT_FOUND",
      message:
        "'task_99' is a task of the pool, which a server runs itself: it is not on the board",
      hint: "'flow-balancer tasks list --queue board' shows what can be claimed.",
    });
  await expect(board.claim(ada, "task_none")).rejects.toMatchObject({
    message: "there is no task 'task_none' on the board",
  });
});
