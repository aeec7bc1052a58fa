/** What the board's tools answer: as little as says it all, however long the tasks' texts are. */

import { afterEach, expect, test } from "bun:test";
import type { Engine } from "../../flow-balancer/core/engine.ts";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { boardTools } from "../../flow-balancer/mcp/board-tools.ts";
import type { CallContext } from "../../flow-balancer/mcp/catalog.ts";
import type { Deps } from "../../flow-balancer/mcp/deps.ts";
import type { Message } from "../support/line-client.ts";
import {
  ADA,
  BOB,
  item,
  newBoard,
  type Rig,
} from "../board/board-under-test.ts";

let rig: Rig;
afterEach(() => rig.close());

type Said = { structuredContent: Message; content: { text: string }[] };

/** By its name, as ada's connection calls it. */
async function ask(name: string, args: object = {}): Promise<Said> {
  const engine = { board: rig.board, defaultSession: () => ADA };
  const deps = { engine: async () => engine as unknown as Engine } as Deps;
  const tool = boardTools(deps).find((it) => it.name === name)!;
  const call = { connection: "c" } as CallContext;
  return (await tool.run(tool.input.strict().parse(args), call)) as Said;
}

const LONG = "x".repeat(8_000);

/** Ada's, with texts as long as they may be. */
async function claimed(notes: number): Promise<TaskId> {
  rig = newBoard();
  const [added] = await rig.add(item("long", { details: LONG.repeat(2) }));
  await rig.claim(ADA);
  for (let n = 0; n < notes; n++)
    await rig.update(added!.id, BOB, { note: `${n} ${LONG}` });
  return added!.id;
}

const sizeOf = ({ structuredContent, content }: Said): number =>
  JSON.stringify({ structuredContent, content }).length;

test("update_task answers with what a heartbeat has to know", async () => {
  const task_id = await claimed(50);
  const said = await ask("update_task", { task_id, done: 1, total: 2 });
  expect(said.structuredContent).toEqual({
    task_id,
    status: "running",
    progress: { done: 1, total: 2 },
    hold: "held",
    lease_ms: 600_000,
    refused: [],
  });
  expect(sizeOf(said)).toBeLessThan(500);
  const done = await ask("complete_task", { task_id, summary: "s" });
  expect(done.structuredContent).toEqual({
    task: { task_id, title: "long", status: "completed", summary: "s" },
    checks: [],
    released: [],
  });
});

test("flow_status is brief about each task, and says all of the one it is asked for", async () => {
  const task_id = await claimed(50);
  await rig.update(task_id, ADA, { progress: { done: 1, total: null } });
  const said = await ask("flow_status");
  expect(said.structuredContent.active).toEqual([
    {
      task_id,
      title: "long",
      status: "running",
      weight: 2,
      worked_by: ADA,
      progress: { done: 1, total: null },
      since: new Date(rig.env.now()).toISOString(),
      lease_left_ms: 600_000,
    },
  ]);
  expect(JSON.stringify(said.structuredContent.active).length).toBeLessThan(
    400,
  );
  const { structuredContent: all } = await ask("flow_status", { task_id });
  expect(all).toMatchObject({
    details: LONG.repeat(2),
    lease_left_ms: 600_000,
  });
  expect(all.notes).toHaveLength(50);
});

test("claim_task gives the newest notes, and says when there are older ones", async () => {
  const task_id = await claimed(50);
  await rig.update(task_id, ADA, { release: true });
  const long = await ask("claim_task", { task_id });
  const { task } = long.structuredContent;
  expect(task.details).toBe(LONG.repeat(2));
  expect(task.notes.map(({ text }: { text: string }) => text)).toEqual([
    `48 ${LONG}`,
    `49 ${LONG}`,
  ]);
  expect(task.older_notes).toContain("flow_status");
  expect(long.content[0]!.text).toContain("older notes");
  expect(sizeOf(long)).toBeLessThan(140_000);

  const [short] = await rig.add(item("short"));
  const note = (n: number) => rig.update(short!.id, BOB, { note: `n${n}` });
  for (let n = 0; n < 10; n++) await note(n);
  const asked = { task_id: short!.id };
  const ten = (await ask("claim_task", asked)).structuredContent.task;
  expect([ten.notes.length, ten.older_notes]).toEqual([10, undefined]);
  await note(10);
  await rig.update(short!.id, ADA, { release: true });
  const again = (await ask("claim_task", asked)).structuredContent.task;
  expect(again.notes[0].text).toBe("n1");
  expect(again.older_notes).toBeString();
});
