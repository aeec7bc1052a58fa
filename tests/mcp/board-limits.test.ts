/** The limits that the board's tools show are those that the board has: what they take it takes, and one more neither does. */

import { afterEach, expect, test } from "bun:test";
import type { Engine } from "../../flow-balancer/core/engine.ts";
import { boardTools } from "../../flow-balancer/mcp/board-tools.ts";
import {
  toCompletion,
  toItems,
  toUpdate,
} from "../../flow-balancer/mcp/board-request.ts";
import type { Deps } from "../../flow-balancer/mcp/deps.ts";
import {
  ADA,
  item,
  newBoard,
  type Rig,
  refusal,
} from "../board/board-under-test.ts";

let rig: Rig;
afterEach(() => rig.close());

const never = async (): Promise<Engine> => {
  throw new Error("no engine is needed");
};
const tools = boardTools({ engine: never } as Deps);
const inputOf = (name: string) => tools.find((it) => it.name === name)!.input;
const takes = (name: string, args: object): boolean =>
  inputOf(name).safeParse(args).success;

const chars = (n: number) => "x".repeat(n);
const many = <T>(n: number, one: T): T[] =>
  Array.from({ length: n }, () => one);
const file = { file: "made.txt" };

type Sized = (n: number) => object;

test.each<[string, number, Sized]>([
  ["title", 200, (n) => ({ title: chars(n) })],
  ["details", 16_384, (n) => ({ details: chars(n) })],
  ["key", 100, (n) => ({ key: chars(n) })],
  ["weight", 10, (n) => ({ weight: n })],
  ["priority", 10, (n) => ({ priority: n })],
  ["stage", 1_000, (n) => ({ stage: n })],
  ["capabilities", 20, (n) => ({ capabilities: many(n, "ts") })],
  ["a capability", 200, (n) => ({ capabilities: [chars(n)] })],
  ["evidence", 10, (n) => ({ evidence: many(n, file) })],
  ["a path", 4_096, (n) => ({ evidence: [{ file: chars(n) }] })],
  [
    "a directory",
    4_096,
    (n) => ({ evidence: [{ command: ["a"], cwd: chars(n) }] }),
  ],
  ["a command", 100, (n) => ({ evidence: [{ command: many(n, "a") }] })],
])("of a task's %s: %d", async (_, limit, sized) => {
  rig = newBoard();
  const args = (n: number) => {
    const task = { title: "t", ...sized(n) };
    return {
      tasks: [task],
      type: "stage" in task ? ("pipeline" as const) : ("parallel" as const),
    };
  };
  expect(takes("add_tasks", args(limit))).toBe(true);
  expect(takes("add_tasks", args(limit + 1))).toBe(false);
  const add = (n: number) => rig.board.add(toItems(args(n)), args(n).type, ADA);
  await refusal(add(limit + 1));
  expect(await add(limit)).toHaveLength(1);
});

test.each<[string, number, Sized]>([
  ["note", 8_192, (n) => ({ note: chars(n) })],
  ["claim", 50, (n) => ({ claim: many(n, "a") })],
  ["free", 50, (n) => ({ free: many(n, "a") })],
  ["a file to have alone", 4_101, (n) => ({ claim: [`file:${chars(n - 5)}`] })],
  ["lease_ms", 86_400_000, (n) => ({ lease_ms: n })],
])("of an update's %s: %d", async (_, limit, sized) => {
  rig = newBoard();
  const { id } = (await rig.add(item("t")))[0]!;
  await rig.claim(ADA);
  const args = (n: number) => ({ task_id: id, ...sized(n) });
  expect(takes("update_task", args(limit))).toBe(true);
  expect(takes("update_task", args(limit + 1))).toBe(false);
  const update = (n: number) => {
    const { task_id: _id, ...given } = args(n);
    const { lease_ms } = given as { lease_ms?: number };
    return rig.board.update(id, ADA, toUpdate(given, lease_ms));
  };
  await refusal(update(limit + 1));
  expect((await update(limit)).hold).toBe("held");
});

test.each<[string, number, Sized]>([
  ["summary", 8_192, (n) => ({ summary: chars(n) })],
  ["note", 8_192, (n) => ({ note: chars(n) })],
])("of a completion's %s: %d", async (_, limit, sized) => {
  rig = newBoard();
  const { id } = (await rig.add(item("t")))[0]!;
  await rig.claim(ADA);
  const args = (n: number) => ({ task_id: id, ...sized(n) });
  expect(takes("complete_task", args(limit))).toBe(true);
  expect(takes("complete_task", args(limit + 1))).toBe(false);
  const complete = (n: number) =>
    rig.board.complete(id, ADA, toCompletion(sized(n)));
  await refusal(complete(limit + 1));
  expect((await complete(limit)).item.state).toBe("completed");
});

test("a list has 1 to 1,000 tasks, and nothing in it may be empty", () => {
  rig = newBoard();
  const task = { title: "t" };
  expect(takes("add_tasks", { tasks: many(1_000, task) })).toBe(true);
  for (const tasks of [many(1_001, task), []])
    expect(takes("add_tasks", { tasks })).toBe(false);
  for (const more of [
    { title: "" },
    { details: "" },
    { key: "" },
    { capabilities: [""] },
    { after: [""] },
    { evidence: [{ file: "" }] },
    { evidence: [{ command: [""] }] },
    { evidence: [{ command: ["a"], cwd: "" }] },
    { evidence: [{ task_id: "" }] },
  ])
    expect(takes("add_tasks", { tasks: [{ ...task, ...more }] })).toBe(false);
  for (const more of [
    { note: "" },
    { as: "" },
    { claim: [""] },
    { free: [""] },
  ])
    expect(takes("update_task", { task_id: "t", ...more })).toBe(false);
  const words = { command: ["grep", "-q", "", "made.txt"] };
  expect(takes("complete_task", { task_id: "t", evidence: [words] })).toBe(
    true,
  );
});

test("a time is asked for as an ISO date with its offset", () => {
  rig = newBoard();
  const since = (text: string) => takes("flow_status", { since: text });
  for (const text of ["2026-08-01T10:00:00Z", "2026-08-01T10:00:00.5+02:00"])
    expect(since(text)).toBe(true);
  for (const text of [
    "",
    "yesterday",
    "2026-08-01",
    "2026-13-01T10:00:00Z",
    "1",
  ])
    expect(since(text)).toBe(false);
});
