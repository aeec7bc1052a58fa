import { describe, expect, test } from "bun:test";
import {
  type ListOptions,
  tasksList,
} from "../../flow-balancer/store-commands/tasks-list.ts";
import { StoredHome, terminal } from "./stored-home.ts";

async function someTasks(home: StoredHome): Promise<void> {
  const { env } = home;
  await home.task(1, {
    state: "completed",
    started_at: env.now() + 500,
    settled_at: env.now() + 2_000,
  });
  env.advance(60_000);
  await home.item(2, "Write the \u001b[31m\nhandbook", { pending: 1 });
  await home.item(3, "日本語の題 with a long, long title of more words", {
    state: "running",
    holder: "ada",
    started_at: env.now(),
    lease_boot: env.boot() + 60_000,
    attempt: 2,
  });
  await home.task(4, { due_boot: env.boot() + 5_000, session: "s1" });
  await home.task(5, { kind: "tests" });
  env.advance(1_500);
}

const idsOf = (home: StoredHome, options: ListOptions): string[] =>
  JSON.parse(tasksList(options, home.where, "json").data).tasks.map(
    ({ task_id }: { task_id: string }) => task_id.slice("task_".length),
  );

describe("flow-balancer tasks list", () => {
  test("shows the newest first, one line each, whatever is in a title", async () => {
    using home = new StoredHome();
    await someTasks(home);
    const { data, notes } = tasksList({}, home.where, terminal());
    const lines = data.split("\n");
    expect(notes).toEqual([]);
    expect(lines.map((line) => line.trim().split(/ {2,}/)[1])).toEqual([
      "state",
      "ready",
      "delayed",
      "running",
      "blocked",
      "completed",
    ]);
    expect(lines[3]).toMatch(
      /^task_3 +running +1 s +22:14:20 +1\.5 s +2 +3 +board +ada +日本語の題 with/,
    );
    expect(lines[4]).toEndWith("Write the \\u001b[31m\\nhandbook");
    expect(lines[5]).toMatch(
      /^task_1 +completed +1 min +22:13:20 +1\.5 s +pool +shell$/,
    );
  });

  test("fits a terminal of any width, wide letters and all", async () => {
    using home = new StoredHome();
    await someTasks(home);
    for (const width of [40, 60, 80, 120])
      for (const line of tasksList({}, home.where, terminal(width)).data.split(
        "\n",
      ))
        expect(Bun.stringWidth(line)).toBeLessThanOrEqual(width);
    const narrow = tasksList({}, home.where, terminal(40)).data;
    expect(narrow).toContain("task_3");
    expect(narrow).toContain("日本語");
    const coloured = tasksList({}, home.where, terminal(80, true)).data;
    expect(coloured).toContain("\u001b[1mid");
    expect(coloured).not.toContain("\u001b[31m\n");
  });

  test.each<[ListOptions, string[]]>([
    [{}, ["5", "4", "3", "2", "1"]],
    [{ state: "ready" }, ["5"]],
    [{ state: "blocked" }, ["2"]],
    [{ state: "delayed" }, ["4"]],
    [{ state: "timed out, delayed,running" }, ["4", "3"]],
    [{ state: "queued" }, ["5", "4", "2"]],
    [{ state: "completed, running" }, ["3", "1"]],
    [{ state: "ready,running" }, ["5", "3"]],
    [{ kind: "tests" }, ["5"]],
    [{ queue: "board" }, ["3", "2"]],
    [{ queue: "pool", state: "queued" }, ["5", "4"]],
    [{ session: "s1" }, ["4"]],
    [{ session: "' OR 1=1 --" }, []],
    [{ since: "30s" }, ["5", "4", "3", "2"]],
    [{ since: "2100-01-01" }, []],
    [{ limit: "2" }, ["5", "4"]],
    [{ limit: "2", all: true }, ["5", "4", "3", "2", "1"]],
  ])("with %j gives %j", async (options, ids) => {
    using home = new StoredHome();
    await someTasks(home);
    expect(idsOf(home, options)).toEqual(ids);
  });

  test("says that there are more", async () => {
    using home = new StoredHome();
    await someTasks(home);
    const some = tasksList({ limit: "2" }, home.where, terminal());
    expect(some.notes).toEqual([
      "The newest 2 tasks; --limit shows more, up to 100,000.",
    ]);
    const json = (limit: string) =>
      JSON.parse(tasksList({ limit }, home.where, "json").data);
    expect(json("4").more).toBe(true);
    expect(json("5").more).toBe(false);
  });

  test("takes what is offered to scripts for what it is: anybody's", async () => {
    using home = new StoredHome();
    const bridge = { holder: "shell-bridge", state: "running", lease_boot: 1 };
    await home.item(1, "offered", bridge, "shell-bridge");
    await home.item(2, "taken", bridge, "script of ada");
    const { tasks } = JSON.parse(tasksList({}, home.where, "json").data);
    expect(tasks).toMatchObject([
      { standing: "running", holder: "script of ada" },
      { standing: "ready", holder: null, lease_left_ms: null },
    ]);
    expect(idsOf(home, { state: "ready" })).toEqual(["1"]);
  });

  test("takes every word that it shows for a state", async () => {
    using home = new StoredHome();
    await someTasks(home);
    await home.task(6, { holder: "instance_a", pending: 0 });
    await home.task(7, { state: "timed_out", settled_at: home.env.now() });
    const { data } = tasksList({}, home.where, terminal());
    const rows = data.split("\n").slice(1);
    const shown = rows.map((row) => row.trim().split(/ {2,}/));
    expect(shown.map(([, state]) => state)).toContain("claimed");
    for (const [id, state] of shown)
      expect(idsOf(home, { state: state! }).map((it) => `task_${it}`)).toEqual([
        id!,
      ]);
    const none = tasksList({ state: "poisoned" }, home.where, terminal());
    expect(none.notes).toEqual(["No task is like that."]);
  });

  test("gives programs what the table leaves out", async () => {
    using home = new StoredHome();
    await someTasks(home);
    const { tasks } = JSON.parse(
      tasksList({ queue: "board", state: "running" }, home.where, "json").data,
    );
    const at = new Date(home.env.now() - 1_500).toISOString();
    expect(tasks).toEqual([
      {
        task_id: "task_3",
        queue: "board",
        kind: "agent",
        title: "日本語の題 with a long, long title of more words",
        weight: 3,
        state: "running",
        standing: "running",
        attempt: 2,
        priority: 0,
        session: null,
        holder: "ada",
        lease_left_ms: 58_500,
        pending: 0,
        due_in_ms: null,
        submitted_at: at,
        started_at: at,
        settled_at: null,
      },
    ]);
  });

  test.each<[ListOptions, string]>([
    [{ state: "redy" }, "--state is 'redy'; did you mean 'ready'?"],
    [{ queue: "constructor" }, "--queue is 'constructor'"],
    [{ since: "yesterday" }, "--since is 'yesterday'"],
    [{ limit: "0" }, "--limit is '0', which is no whole number from 1 to"],
    [{ limit: "\u001b[2J" }, "--limit is '\\u001b[2J'"],
  ])("refuses %j", (options, says) => {
    using home = new StoredHome();
    expect(() => tasksList(options, home.where, "json")).toThrow(says);
  });

  test("reads a store of the first version as it is, and nothing where there is none", () => {
    using home = new StoredHome();
    expect(idsOf(home, {})).toEqual([]);
    home.writeOld();
    expect(idsOf(home, {})).toEqual(["old"]);
    expect(idsOf(home, { queue: "pool", state: "completed" })).toEqual(["old"]);
    expect(idsOf(home, { queue: "board" })).toEqual([]);
    expect(idsOf(home, { state: "ready" })).toEqual([]);
  });
});
