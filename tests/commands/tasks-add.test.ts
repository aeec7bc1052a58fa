import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tasksAdd } from "../../flow-balancer/store-commands/tasks-add.ts";
import { BoardDesk } from "./board-desk.ts";

describe("flow-balancer tasks add", () => {
  test("makes the home and keeps all that was said, as data", async () => {
    using board = new BoardDesk();
    const details = "$(rm -rf /)\n'; DROP TABLE tasks; --\u001b[2J";
    const first = await board.add("--weight 'x' \"y\"; ls");
    const second = await board.add(
      "Second",
      {
        details,
        weight: "7",
        priority: "-3",
        needs: "ts, sql,",
        after: [`${first}:finish`],
        evidenceCommand: true,
        evidenceFile: ["sub/a b.txt"],
        evidenceTask: [first],
      },
      ["bun", "test", "--coverage"],
    );
    expect(second).toMatch(/^task_[0-9a-z]+$/);
    const { folder } = board.stored;
    expect(await board.show(second)).toMatchObject({
      title: "Second",
      weight: 7,
      priority: -3,
      state: "queued",
      standing: "blocked",
      after: [
        { task_id: first, on: "finish", title: "--weight 'x' \"y\"; ls" },
      ],
      board: {
        details,
        created_by: "ada",
        capabilities: ["ts", "sql"],
        required: [
          { type: "command", argv: ["bun", "test", "--coverage"], cwd: folder },
          { type: "file", path: join(folder, "sub/a b.txt"), sha256: null },
          { type: "task", id: first },
        ],
      },
    });
    expect(existsSync(join(board.stored.home, "board.json"))).toBe(true);
  });

  test("takes a list from a file, all of it or nothing", async () => {
    using board = new BoardDesk();
    const path = join(board.stored.folder, "list.json");
    const from = (list: unknown) => {
      writeFileSync(path, JSON.stringify(list));
      return tasksAdd([], [], { from: "list.json", json: true }, board.where);
    };
    const { data } = await from({
      type: "sequential",
      tasks: [
        { title: "One", key: "k" },
        { title: "Two", weight: 5 },
      ],
    });
    expect(JSON.parse(data)).toMatchObject({
      schema: 1,
      tasks: [
        { key: "k", title: "One", status: "ready", weight: 3 },
        { title: "Two", status: "blocked", weight: 5 },
      ],
    });
    for (const [list, says] of [
      [{ tasks: [{ title: "a" }, { titel: "b" }] }, "/tasks/1/titel: unknown"],
      [{ tasks: [] }, "/tasks: "],
      [{ tasks: [{ title: "a", after: ["nope"] }] }, "'nope' is neither"],
      [["a"], "must hold one JSON object"],
      [{ tasks: [{ title: "\u001b[2J" }] }, "has control characters"],
    ] as const)
      await expect(from(list)).rejects.toThrow(says);
    expect((await board.claim()).data).toStartWith("task_");
    expect((await board.claim()).data).toBe("");
  });

  test.each<[string[], string[], object, string]>([
    [[], [], {}, "missing required argument 'title'"],
    [["a", "b"], [], {}, "one title is taken, and 'b' is another"],
    [["a"], ["b"], {}, "too many arguments: nothing takes 'b'"],
    [
      ["a"],
      [],
      { evidenceCommand: true },
      "--evidence-command needs a command",
    ],
    [["a"], [], { evidenceFile: [""] }, "--evidence-file: a path is needed"],
    [["a"], [], { evidenceTask: [""] }, "--evidence-task: an id is needed"],
    [["a"], [], { evidenceTask: ["nope"] }, "there is no task 'nope'"],
    [["a"], [], { weight: "11" }, "no whole number from 1 to 10"],
    [["a"], [], { priority: "x" }, "no whole number from -10 to 10"],
    [["a"], [], { after: ["x:maybe"] }, "':failure'"],
    [["a"], [], { from: "x" }, "--from takes everything from the list"],
    [[], [], { from: "x", weight: "3" }, "--from takes everything"],
    [[], [], { from: "nope.json" }, "--from: ENOENT"],
    [["a"], [], { as: "" }, "holder: 1 to 200 characters"],
  ])("refuses %j %j %j", async (operands, argv, options, says) => {
    using board = new BoardDesk();
    await expect(
      tasksAdd(operands, argv, options, board.where),
    ).rejects.toThrow(says);
  });
});
