/** Under which name a command line claims: the same for all that runs in one terminal, one job or one agent's session. */

import { expect, test } from "bun:test";
import { resolve } from "node:path";
import {
  tasksDone,
  tasksHeartbeat,
} from "../../flow-balancer/store-commands/tasks-work.ts";
import { holderName } from "../../flow-balancer/store-commands/holder-name.ts";
import { BoardDesk } from "./board-desk.ts";
import { Desk } from "./run-cli.ts";

const CLI = resolve(import.meta.dir, "../../flow-balancer/cli.ts");

/** In a session of its own, as a terminal's or a cron job's. */
async function inSession(
  desk: Desk,
  script: string,
  more: Record<string, string> = {},
) {
  const child = Bun.spawn(["bash", "-c", script], {
    cwd: desk.project,
    env: {
      PATH: process.env.PATH,
      HOME: desk.home,
      USER: "ada",
      BUN: process.execPath,
      CLI,
      ...more,
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    detached: true,
  });
  const [stdout] = await Promise.all([child.stdout.text(), child.exited]);
  return { lines: stdout.trim().split("\n"), pid: child.pid };
}

test("whatever program calls it, one terminal is one holder", async () => {
  using desk = new Desk();
  const { lines, pid } = await inSession(
    desk,
    `"$BUN" "$CLI" tasks add a >/dev/null
     id=$(timeout 60 "$BUN" "$CLI" tasks claim 2>/dev/null)
     bash -c '"$BUN" "$CLI" tasks heartbeat "$1"; true' - "$id"
     echo "$id" | xargs env "$BUN" run "$CLI" tasks done
     "$BUN" "$CLI" tasks show "$id" --json`,
  );
  expect(lines.slice(0, 2)).toEqual(["held", "completed"]);
  expect(JSON.parse(lines[2]!).board.worked_by).toMatch(
    new RegExp(`^ada@.+:${pid}\\.\\d+$`),
  );
});

test("two terminals are two holders, one agent's session is one wherever it calls from", async () => {
  using desk = new Desk();
  const name = (more?: Record<string, string>) =>
    inSession(
      desk,
      `id=$("$BUN" "$CLI" tasks add x); "$BUN" "$CLI" tasks show "$id" --json`,
      more,
    ).then(({ lines }) => JSON.parse(lines[0]!).board.created_by);
  const [one, two] = [await name(), await name()];
  expect(one).not.toBe(two);
  const agent = { CLAUDE_CODE_SESSION_ID: "abc" };
  expect([await name(agent), await name(agent)]).toEqual([
    "connection_abc",
    "connection_abc",
  ]);
});

test("what is said goes before what is guessed, and nothing said is nothing", () => {
  const agent = { CLAUDE_CODE_SESSION_ID: "abc" };
  const both = { ...agent, FLOW_BALANCER_AS: "night shift" };
  expect(String(holderName("bob", both))).toBe("bob");
  expect(String(holderName(undefined, both))).toBe("night shift");
  expect(String(holderName(undefined, { ...both, FLOW_BALANCER_AS: "" }))).toBe(
    "connection_abc",
  );
  const nothing = { USER: "ada", CLAUDE_CODE_SESSION_ID: "" };
  expect(String(holderName(undefined, nothing))).toStartWith("ada@");
});

test("who is refused is told under which name it asked, in the words of the command line", async () => {
  using board = new BoardDesk();
  const id = await board.add("a");
  await board.claim();
  const refusal = (as: string, task = id) =>
    tasksHeartbeat(task, { as }, board.where).catch((thrown) => thrown);
  expect(await refusal("bob")).toMatchObject({
    code: "NOT_OWNER",
    message: expect.stringContaining("ada has it"),
    hint: `You are bob here; --as NAME says otherwise. 'tasks claim ${id}' makes it yours where nobody has it.`,
  });
  expect((await refusal("none", "nope")).hint).toBe(
    "'flow-balancer tasks list --queue board' shows what can be claimed.",
  );
  const unproven = await tasksDone(
    [id],
    [],
    { as: "ada", evidenceFile: ["nope"] },
    board.where,
  ).catch((thrown) => thrown);
  expect(unproven).toMatchObject({
    code: "NOT_PROVEN",
    hint: "Make what does not hold true and say 'tasks done' again; or say 'tasks fail'.",
  });
});
