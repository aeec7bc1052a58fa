import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import { openStore, type Store } from "../../flow-balancer/store/database.ts";
import { FakeEnv } from "../support/fake-env.ts";

/** Every statement that `use` compiles or runs on this store, as it is sent to SQLite. */
function statementsOf(store: Store, use: () => void): readonly string[] {
  const seen = new Set<string>();
  const prepare = store.raw.prepare.bind(store.raw);
  store.raw.prepare = ((text: string) => {
    seen.add(text);
    return prepare(text);
  }) as typeof prepare;
  use();
  store.raw.prepare = prepare;
  return [...seen];
}

/** On a connection of its own: an EXPLAIN that returns rows would hold this one's next commit up. */
function plansOf(
  schema: readonly string[],
  statements: readonly string[],
): ReadonlyMap<string, string> {
  const db = new Database(":memory:");
  for (const statement of schema) db.run(statement);
  const plans = new Map<string, string>();
  for (const statement of statements)
    plans.set(
      statement,
      db
        .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${statement}`)
        .all()
        .map(({ detail }) => detail)
        .join("; "),
    );
  db.close();
  return plans;
}

const schemaOf = ({ raw }: Store): readonly string[] =>
  raw
    .query<{ sql: string }, []>(
      "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid",
    )
    .all()
    .map(({ sql }) => sql);

function everything(): ReadonlyMap<string, string> {
  const store = openStore(":memory:", "normal", new FakeEnv());
  const statements = statementsOf(store, () => {
    const queue = new SqliteQueue(store, new FakeEnv());
    void queue.list({ limit: 10, before: 5 });
    void queue.list({ limit: 10, kind: "k", state: "failed" });
  });
  expect(statements.length).toBeGreaterThan(40);
  const plans = plansOf(schemaOf(store), statements);
  store.raw.close();
  return plans;
}

const PLANS = everything();

test("no statement of the queue reads a table from end to end, or sorts", () => {
  const slow = [...PLANS].filter(
    ([statement, plan]) =>
      // A page of a list is read from its newest end on, as far as its limit; a list in JSON is read whole, as are the eight tallies.
      /\bSCAN (?!tasks(?: USING INDEX tasks_listed)?$|json_each|tallies)|USE TEMP B-TREE/.test(
        plan,
      ) ||
      (/\bSCAN tasks\b/.test(plan) &&
        !/order by "tasks"."seq" desc/.test(statement)),
  );
  expect(slow).toEqual([]);
});

test.each([
  [
    "the next priority with something ready",
    /^select "priority".*"queue" = \?\) and "tasks"."priority" </,
    "tasks_ready (queue=? AND priority<?)",
  ],
  [
    "the heads of a priority",
    /"queue" = \?\) and "tasks"."priority" = \?\) order by/,
    "tasks_ready (queue=? AND priority=?)",
  ],
  [
    "the next priority with one of a kind ready",
    /^select "priority".*"kind" = \?/,
    "tasks_ready_kind (queue=? AND kind=? AND priority<?)",
  ],
  [
    "the heads of a priority, of a kind",
    /"kind" = \?\) and "tasks"."priority" = \?/,
    "tasks_ready_kind (queue=? AND kind=? AND priority=?)",
  ],
  [
    "tasks by name, to claim",
    /json_each.*due_boot = 9007199254740991/,
    "tasks_id (id=?)",
  ],
  [
    "leases that ran out",
    /^select .*lease_boot IS NOT NULL/,
    "tasks_leased (lease_boot>? AND lease_boot<?)",
  ],
  [
    "what is due",
    /^select .*due_boot IS NOT NULL/,
    "tasks_due (due_boot>? AND due_boot<?)",
  ],
  [
    "waking what is due",
    /^update "tasks" set "due_boot" = NULL, .*due_boot IS NOT NULL/,
    "tasks_due (due_boot>? AND due_boot<?)",
  ],
  [
    "what somebody holds",
    /^select "id", "attempt", "fence"/,
    "tasks_held (holder=?)",
  ],
  [
    "what somebody is to stop",
    /cancel_asked = 1 AND/,
    "tasks_cancel_asked (holder=?)",
  ],
  [
    "how many of a group are held",
    /^select count\(\*\)/,
    "tasks_group_held (group_key=?)",
  ],
  [
    "who of a group is next",
    /^select "seq".*"due_boot" = 9007199254740991/,
    "tasks_group_waiting (group_key=? AND queue=? AND kind=? AND group_limit=? AND priority=? AND due_boot=?)",
  ],
  [
    "the next class of a group",
    /"priority" > \?\)? .*order by "tasks"."priority" asc/,
    "tasks_group_waiting (group_key=? AND queue=? AND kind=? AND group_limit=? AND priority>?)",
  ],
  [
    "the next queue of a group",
    /"queue" > \?/,
    "tasks_group_waiting (group_key=? AND queue>?)",
  ],
  [
    "whether a class is crowded",
    /limit 1 offset \?/,
    "tasks_group_waiting (group_key=? AND queue=? AND kind=? AND group_limit=? AND priority=? AND due_boot=?)",
  ],
  [
    "a task, before it changes",
    /^select "seq", "kind".*"tasks"."id" = \?$/,
    "tasks_id (id=?)",
  ],
  ["a settle", /^update .*"fence" = \?\)$/, "INTEGER PRIMARY KEY (rowid=?)"],
  [
    "a key seen before",
    /"idempotency_key" = \?/,
    "tasks_idempotency_key (idempotency_key=?)",
  ],
  [
    "who comes after a task",
    /from "dependencies" inner join/,
    "dependencies_parent (parent_seq=?)",
  ],
  ["run times of a kind", /from "outcomes"/, "outcomes_kind (kind=?)"],
])("%s: found by its index", (_, statement, index) => {
  const found = [...PLANS].filter(([text]) => statement.test(text));
  expect(found.length).toBeGreaterThan(0);
  for (const [text, plan] of found)
    expect({ text, plan }).toEqual({
      text,
      plan: expect.stringContaining(index),
    });
});
