/** The command line as scripts use it: real processes, what goes to stdout and stderr, exit codes. */

import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Desk, runCli } from "./run-cli.ts";

const CLI = resolve(import.meta.dir, "../../flow-balancer/cli.ts");

/** `fb` is the command line, in the words of a shell. In a session of its own, as a job of cron. */
async function runScript(desk: Desk, script: string) {
  const child = Bun.spawn(
    ["sh", "-c", `fb() { "$BUN" "$CLI" "$@"; }\n${script}`],
    {
      cwd: desk.project,
      env: {
        PATH: process.env.PATH,
        HOME: desk.home,
        USER: "ada",
        BUN: process.execPath,
        CLI,
      },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    },
  );
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { code, stdout, stderr, pid: child.pid };
}

describe("a script", () => {
  test("claims, proves and ends a task under one name of its own", async () => {
    using desk = new Desk();
    const { code, stdout, stderr, pid } = await runScript(
      desk,
      `set -e
       fb tasks add 'It'\\''s "one" $HOME' >/dev/null
       id=$(fb tasks claim)
       fb tasks done "$id" --evidence-command -- sh -c 'test "$0" = "a b"' 'a b'
       fb tasks show "$id" --json
       if fb tasks claim; then exit 9; fi`,
    );
    const [said, json] = stdout.split("\n");
    expect({ code, said }).toEqual({ code: 0, said: "completed" });
    const { title, board } = JSON.parse(json!);
    expect(title).toBe('It\'s "one" $HOME');
    expect(board.worked_by).toMatch(new RegExp(`^ada@.+:${pid}\\.\\d+$`));
    expect(board.created_by).toBe(board.worked_by);
    expect(board.proven).toMatchObject([{ holds: true }]);
    expect(stderr).toContain("is yours: It's");
    expect(stderr).toContain("Nothing to claim");
  });

  test("reads a list from stdin, and is told by the exit code what went wrong", async () => {
    using desk = new Desk();
    const { stdout, code } = await runScript(
      desk,
      `printf '{"tasks":[{"title":"a"},{"title":"b"}]}' | fb tasks add --from - | wc -l
       fb tasks claim --lease 1 2>err; echo "not meant: $?"
       fb tasks claim --as bob --lease 5min >id 2>err
       fb tasks fail "$(cat id)" --as eve 2>err; echo "not the owner: $?"
       fb tasks done "$(cat id)" --as bob --evidence-file nope 2>err; echo "not proven: $?"
       fb tasks cancel "$(cat id)"
       fb tasks heartbeat "$(cat id)" --as bob 2>err; echo "to be stopped: $?"
       (fb tasks list; echo "nobody reads: $?" >&3) 3>said 2>err | true
       cat said err`,
    );
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.trim())).toEqual([
      "2",
      "not meant: 2",
      "not the owner: 1",
      "not proven: 1",
      "asked",
      "cancel",
      "to be stopped: 1",
      "nobody reads: 0",
      "",
    ]);
  });

  test("finds no store and leaves none", async () => {
    using desk = new Desk();
    const { code, stdout, stderr } = await desk.run(["tasks", "claim"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("there is no store at ");
    expect(existsSync(join(desk.home, ".local"))).toBe(false);
  });

  test("adds under FLOW_BALANCER_AS, with a home that is its own alone", async () => {
    using desk = new Desk();
    const env = {
      FLOW_BALANCER_AS: "night shift",
      FLOW_BALANCER_HOME: join(desk.home, "shared"),
    };
    const { code, stdout } = await desk.run(
      ["tasks", "add", "a", "--json"],
      env,
    );
    expect(code).toBe(0);
    const id = JSON.parse(stdout).tasks[0].task_id;
    const shown = await desk.run(["tasks", "show", id, "--json"], env);
    expect(JSON.parse(shown.stdout).board.created_by).toBe("night shift");
    expect(existsSync(join(desk.home, "shared", "flow.db"))).toBe(true);
  });
});

test("jobs that run at once are holders of their own, each with its subshells", async () => {
  using desk = new Desk();
  const script = `(fb tasks add x && (id=$(echo "$(fb tasks claim)"); fb tasks show "$id" --json)) 2>/dev/null`;
  const ran = await Promise.all([
    runScript(desk, script),
    runScript(desk, script),
  ]);
  for (const { stdout, pid } of ran)
    expect(JSON.parse(stdout.split("\n")[1]!).holder).toMatch(
      new RegExp(`:${pid}\\.\\d+$`),
    );
});

describe("the command line", () => {
  test.each([
    [["tasks", "clam"], "Did you mean claim?"],
    [["tasks", "list", "--state", "redy"], "did you mean 'ready'?"],
    [["tasks", "list", "--limt", "1"], "Did you mean --limit?"],
    [["tasks", "add", "a", "b"], "one title is taken"],
    [["tasks", "add", "a", "--", "b"], "nothing takes 'b'"],
    [["tasks", "done"], "missing required argument 'id'"],
    [["status", "now"], "too many arguments"],
  ])("refuses %j with exit code 2, on stderr alone", async (args, says) => {
    using desk = new Desk();
    const { code, stdout, stderr } = await desk.run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr).not.toContain("    at ");
  });

  test("says in the help of tasks and of each of its commands how it is used", async () => {
    using desk = new Desk();
    const where = { cwd: desk.project, env: { HOME: desk.home } };
    const { stdout } = await runCli(["tasks", "--help"], where);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) \[/gm)].map(
      ([, name]) => name!,
    );
    expect(names.sort()).toEqual(
      [
        ...["add", "cancel", "claim", "done", "fail", "heartbeat", "help"],
        ...["list", "output", "release", "retry", "show"],
      ].filter((name) => stdout.includes(`  ${name} [`)),
    );
    expect(names).toHaveLength(12);
    const { stdout: done } = await runCli(["tasks", "done", "--help"], where);
    for (const words of ["--evidence-command -- <command...>", "--as <name>"])
      expect(done).toContain(words);
  });
});
