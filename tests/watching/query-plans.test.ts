import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { LocalWatch } from "../../flow-balancer/watching/local-watch.ts";
import { WatchRig } from "./watch-rig.ts";

/** Every statement that the views send to SQLite, with its plan on another connection. */
async function plans(): Promise<ReadonlyMap<string, string>> {
  using rig = new WatchRig();
  const { raw } = rig.store;
  const seen = new Set<string>();
  const spied = { prepare: raw.prepare, query: raw.query };
  const note = (name: "prepare" | "query") => {
    const compile = spied[name].bind(raw) as (text: string) => never;
    raw[name] = ((text: string) => {
      seen.add(text);
      return compile(text);
    }) as never;
  };
  note("prepare");
  note("query");
  const watch = new LocalWatch(rig.parts);
  const { id } = await rig.submit();
  const ended = await rig.ended("failed");
  watch.listen(() => {});
  rig.env.advance(1_000);
  for (const filter of [
    {},
    { state: ["failed" as const], since: 1 },
    { kind: "k", session: "s", worker: "w" },
    { worker: "w" },
    { state: ["queued" as const, "running" as const] },
    { text: "words" },
    { text: id },
    { text: "task_", kind: "k" },
  ])
    await watch.tasks(filter);
  await Promise.all([watch.overview(), watch.series(5), watch.workers()]);
  await Promise.all([watch.board(), watch.timeouts(), watch.learning()]);
  await Promise.all([watch.task(id), watch.task(ended)]);
  watch.stop();
  const schema = raw
    .query<{ sql: string }, []>(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
    )
    .all();
  const db = new Database(":memory:");
  for (const { sql } of schema) db.run(sql);
  const found = new Map<string, string>();
  for (const text of seen)
    if (/^\s*(?:SELECT|WITH)/i.test(text))
      found.set(
        text,
        db
          .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${text}`)
          .all()
          .map(({ detail }) => detail)
          .join("; "),
      );
  db.close();
  return found;
}

const PLANS = await plans();

test("no view reads the tasks, or what came of them, from end to end", () => {
  expect(PLANS.size).toBeGreaterThan(50);
  const slow = [...PLANS].filter(
    ([text, plan]) =>
      /\bSCAN (?:tasks|t|outcomes|o|attempts|dependencies|task_outputs)\b/.test(
        // Every entry of that index is asked for.
        plan.replace(/SCAN tasks USING (?:COVERING )?INDEX tasks_blocked/g, ""),
      ) &&
      // As far as its limit, from the newest or the oldest end on.
      !/ORDER BY (?:id|seq)(?: DESC)?\s+LIMIT/i.test(text) &&
      // One number at an end of the table.
      !/^SELECT (?:max|min)\(/i.test(text),
  );
  expect(slow).toEqual([]);
});

test.each([
  [
    "a slice of the list",
    /tasks_listed WHERE seq < \? AND/,
    "tasks_listed (seq>? AND seq<?)",
  ],
  [
    "a slice of what ended badly",
    /tasks_ended_badly WHERE seq/,
    "tasks_ended_badly (seq>? AND seq<?)",
  ],
  [
    "a slice of rows",
    /NOT INDEXED WHERE seq/,
    "INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
  ],
  [
    "ids with some text in them",
    /tasks_id WHERE id > \? .*instr\(id/,
    "tasks_id",
  ],
  [
    "what is ready on the board",
    /INDEXED BY tasks_ready /,
    "tasks_ready (queue=?",
  ],
  [
    "what has ended on the board",
    /INDEXED BY tasks_board_ended /,
    "tasks_board_ended (state=?",
  ],
  [
    "the longest waiting of a priority",
    /priority = p\.value/,
    "tasks_ready (queue=? AND priority=?)",
  ],
  ["tasks in hand", /holder IS NOT NULL LIMIT/, "tasks_held"],
  [
    "what is usual for a kind",
    /FROM outcomes WHERE kind = \?/,
    "outcomes_kind (kind=?)",
  ],
  [
    "outcomes around a time",
    /seq BETWEEN \? AND \?/,
    "INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
  ],
])("%s: found by its index", (_, statement, index) => {
  const found = [...PLANS].filter(([text]) => statement.test(text));
  expect(found.length).toBeGreaterThan(0);
  for (const [text, plan] of found)
    expect({ text, plan }).toEqual({
      text,
      plan: expect.stringContaining(index),
    });
});
