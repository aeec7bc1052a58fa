import { afterAll, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type TaskFilter,
  taskListView,
  type TaskRowView,
} from "../../monitoring/api/task-views.ts";
import { isTerminal, TASK_STATES } from "../../flow-balancer/core/task.ts";
import { WatchRig, worker } from "./watch-rig.ts";

interface Given {
  readonly state: (typeof TASK_STATES)[number];
  readonly kind: string;
  readonly session: string | null;
  readonly worker: string | null;
  readonly title: string | null;
  readonly gap: number;
  /** Of the clock by which it was submitted, ms. */
  readonly skew: number;
}

const given = fc.record<Given>({
  state: fc.constantFrom(...TASK_STATES),
  kind: fc.constantFrom("shell", "lint", "rare"),
  session: fc.constantFrom(null, "s1", "s2"),
  worker: fc.constantFrom(null, "w1", "w2"),
  title: fc.constantFrom(null, null, "Fix the parser", "write 100% of _it_"),
  gap: fc.integer({ min: 1, max: 40_000 }),
  skew: fc.constantFrom(0, 0, 0, -1_800_000, 1_800_000),
});

/** Mostly not said: all parts together let nearly nothing through. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary },
  );

const filters = fc.record({
  state: maybe(
    fc.oneof(
      fc.subarray([...TASK_STATES]),
      fc.subarray(["queued", "running"] as const, { minLength: 1 }),
      fc.subarray(["failed", "poisoned", "cancelled"] as const, {
        minLength: 1,
      }),
    ),
  ),
  kind: maybe(fc.constantFrom("shell", "rare", "none")),
  session: maybe(fc.constantFrom("s1", "none")),
  worker: maybe(fc.constantFrom("w1", "w2", "none")),
  since: maybe(fc.integer({ min: 0, max: 60 }).map((n) => (n % 30) * 1_000)),
  text: maybe(
    fc.constantFrom("", "PARSER", "100%", "_3", "task_", "zzz", "task_2"),
  ),
  limit: fc.constantFrom(1, 2, 5, 9, undefined),
});

const START = 1_600_000_000_000;

function seed(rig: WatchRig, tasks: readonly Given[]): TaskRowView[] {
  const { raw } = rig.store;
  const rows: TaskRowView[] = [];
  let seq = 0;
  raw.transaction(() => {
    raw.run("DELETE FROM tasks");
    raw.run("DELETE FROM board_items");
    raw.run("DELETE FROM tallies");
    for (const [at, it] of tasks.entries()) {
      seq += it.gap;
      const id = `task_${at}`;
      const submitted = START + at * 1_000 + it.skew;
      const queue = it.title === null ? "pool" : "board";
      raw.run(
        `INSERT INTO tasks (seq, id, kind, input, session, priority, state, attempt, fence, submitted_at, worker, queue, holder, settled_at)
         VALUES (?, ?, ?, '{}', ?, 0, ?, 1, 1, ?, ?, ?, ?, ?)`,
        [
          ...[seq, id, it.kind, it.session, it.state, submitted, it.worker],
          ...[queue, it.state === "running" ? "me" : null],
          isTerminal(it.state) ? submitted + 1 : null,
        ],
      );
      if (it.title !== null)
        raw.run(
          "INSERT INTO board_items (seq, task_id, title, weight, capabilities, created_by, required) VALUES (?, ?, ?, 1, '[]', 'me', '[]')",
          [seq, id, it.title],
        );
      raw.run(
        "INSERT INTO tallies (state, n) VALUES (?, 1) ON CONFLICT (state) DO UPDATE SET n = n + 1",
        [it.state],
      );
      rows.push({
        ...it,
        task_id: id,
        seq,
        submitted_at: submitted,
      } as never);
    }
  })();
  return rows.reverse();
}

/** As the words of the filter say, one row after the other. */
const passes =
  (filter: TaskFilter, running: string) =>
  (row: TaskRowView): boolean => {
    const { state = [], kind, session, worker: by, since, text = "" } = filter;
    const at = row.worker ?? (row.task_id === running ? "w2" : null);
    const words = text.toLowerCase();
    return (
      (state.length === 0 || state.includes(row.state)) &&
      (kind === undefined || row.kind === kind) &&
      (session === undefined || row.session === session) &&
      (by === undefined || at === by) &&
      (since === undefined || row.submitted_at >= since) &&
      (row.task_id.includes(text) ||
        (row.title?.toLowerCase().includes(words) ?? false)) &&
      // A whole id is that task's alone.
      (row.task_id === text || text !== "task_2")
    );
  };

const rig = new WatchRig();
afterAll(() => rig[Symbol.dispose]());

test("every filter lets through what it says, the newest first, page by page, and counts it", async () => {
  rig.status = {
    ...rig.status,
    workers: [worker({ id: "w2" as never, task: "task_3" as never })],
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(given, { minLength: 4, maxLength: 30, size: "max" }),
      filters,
      async (tasks, { since, ...asked }) => {
        const all = seed(rig, tasks);
        const filter = {
          ...asked,
          ...(since !== undefined && { since: START + since }),
        } as TaskFilter;
        const wanted = all
          .filter(passes(filter, "task_3"))
          .map(({ task_id: id }) => id);
        const seen: string[] = [];
        let before: number | undefined;
        for (let pages = 0; ; pages++) {
          const page = await rig.watch.tasks({
            ...filter,
            ...(before !== undefined && { before }),
          });
          expect(taskListView.parse(page)).toEqual(page);
          expect(page.tasks.length).toBeLessThanOrEqual(filter.limit ?? 50);
          if (pages === 0)
            expect(page.next === null).toBe(
              wanted.length <= (filter.limit ?? 50),
            );
          if (pages === 0 || page.total_is_exact)
            expect([page.total, page.total_is_exact]).toEqual([
              wanted.length,
              true,
            ]);
          seen.push(...page.tasks.map(({ task_id: id }) => id));
          if (page.next === null) break;
          before = page.next;
        }
        expect(seen).toEqual(wanted);
      },
    ),
    { numRuns: 200, seed: 6 },
  );
});

test("a row says who holds it, on which worker it runs, its title, and why it failed", async () => {
  using own = new WatchRig();
  const failed = await own.ended("failed");
  const { id } = await own.submit(
    { session: "s" as never },
    { holder: own.id },
  );
  own.status = {
    ...own.status,
    workers: [worker({ id: "w7" as never, task: id })],
  };
  const { tasks } = await own.watch.tasks({});
  expect(tasks).toMatchObject([
    { task_id: id, holder: own.id, worker: "w7", error_code: null },
    {
      task_id: failed,
      holder: null,
      error_code: "TASK_THREW",
      tier: "warm",
      run_ms: 10,
    },
  ]);
});

test("a call that has looked for long enough says where to go on, and that its total is no whole one", async () => {
  using own = new WatchRig();
  const { raw } = own.store;
  raw.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
     INSERT INTO tasks (seq, id, kind, input, priority, state, attempt, fence, submitted_at)
     SELECT i, 'task_' || i, iif(i < 3, 'rare', 'shell'), '{}', 0, 'completed', 1, 1, ? FROM n`,
    [own.env.now()],
  );
  const mono = own.env.mono;
  // Every look at the clock takes 40 ms.
  own.env.mono = () => {
    own.env.advance(40);
    return mono();
  };
  const first = await own.watch.tasks({ kind: "rare" });
  expect(first).toMatchObject({ tasks: [], total: 0, total_is_exact: false });
  expect(first.next).toBeGreaterThan(0);
  const found: string[] = [];
  for (let before = first.next; before !== null;) {
    const page = await own.watch.tasks({ kind: "rare", before });
    found.push(...page.tasks.map(({ task_id: id }) => id));
    before = page.next;
  }
  expect(found).toEqual(["task_2", "task_1"]);
});

test("a total is counted as far as ten thousand; by state alone it is known", async () => {
  using own = new WatchRig();
  const { raw } = own.store;
  raw.run(
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
     INSERT INTO tasks (seq, id, kind, input, priority, state, attempt, fence, submitted_at)
     SELECT i, 'task_' || i, 'shell', '{}', 0, 'completed', 1, 1, ? FROM n`,
    [own.env.now()],
  );
  raw.run("INSERT INTO tallies (state, n) VALUES ('completed', 12000)");
  const page = await own.watch.tasks({ kind: "shell" });
  expect(page).toMatchObject({ total: 10_000, total_is_exact: false });
  const next = await own.watch.tasks({ kind: "shell", before: page.next! });
  expect(next).toMatchObject({ total: 10_000, total_is_exact: false });
  const byState = await own.watch.tasks({ state: ["completed"] });
  expect(byState).toMatchObject({ total: 12_000, total_is_exact: true });
});
