import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type {
  TaskFilter,
  TaskRowView,
} from "../../../monitoring/api/task-views.ts";
import {
  hold,
  matches,
  mergeRows,
  NOTHING_HELD,
} from "../../../monitoring/dashboard/live-rows.ts";
import { taskRow } from "./task-rows.ts";

const ALL = { complete: true };
const ids = (rows: readonly TaskRowView[]) => rows.map((row) => row.task_id);
const newestFirst = (...seqs: number[]) =>
  seqs.sort((a, b) => b - a).map((seq) => taskRow(seq));

describe("changed tasks in a list", () => {
  test("are replaced where they stand; the others stay the same objects", () => {
    const rows = newestFirst(1, 2, 3);
    const merged = mergeRows(rows, [taskRow(2, { state: "running" })], {}, ALL);
    expect(ids(merged.rows)).toEqual(["t3", "t2", "t1"]);
    expect(merged.rows[1]?.state).toBe("running");
    expect(merged.rows[0]).toBe(rows[0]!);
    expect(merged).toMatchObject({ added: 0, removed: 0 });
  });

  test("come in at their place when they are new", () => {
    const merged = mergeRows(newestFirst(1, 4), newestFirst(2, 5), {}, ALL);
    expect(ids(merged.rows)).toEqual(["t5", "t4", "t2", "t1"]);
    expect(merged.added).toBe(2);
  });

  test("wait for their page when they are older than what is loaded", () => {
    const rows = newestFirst(5, 6);
    const merged = mergeRows(rows, [taskRow(2)], {}, { complete: false });
    expect(merged.rows).toBe(rows);
  });

  test("go when the filter no longer lets them through, unless they are selected", () => {
    const rows = newestFirst(1, 2);
    const filter: TaskFilter = { state: ["queued"] };
    const changed = [1, 2].map((seq) => taskRow(seq, { state: "completed" }));
    const merged = mergeRows(rows, changed, filter, {
      complete: true,
      keep: new Set(["t2"]),
    });
    expect(ids(merged.rows)).toEqual(["t2"]);
    expect(merged.rows[0]?.state).toBe("completed");
    expect(merged.removed).toBe(1);
  });

  test("give the list that the last word on each task would give", () => {
    const states = fc.constantFrom("queued", "running", "completed" as const);
    const changes = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 30 }), states),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), (batches) => {
        const filter: TaskFilter = { state: ["queued", "running"] };
        const truth = new Map<number, TaskRowView>();
        let rows: readonly TaskRowView[] = [];
        let counted = 0;
        for (const batch of batches) {
          const changed = batch.map(([seq, state]) => taskRow(seq, { state }));
          for (const row of changed) truth.set(row.seq, row);
          const merged = mergeRows(rows, changed, filter, ALL);
          rows = merged.rows;
          counted += merged.added - merged.removed;
        }
        const expected = [...truth.values()]
          .filter((row) => matches(row, filter))
          .sort((a, b) => b.seq - a.seq);
        expect(rows).toEqual(expected);
        expect(counted).toBe(expected.length);
      }),
      { seed: 5 },
    );
  });
});

test.each<[TaskFilter, boolean]>([
  [{}, true],
  [{ state: [] }, true],
  [{ state: ["failed", "queued"] }, true],
  [{ state: ["failed"] }, false],
  [{ kind: "shell" }, true],
  [{ kind: "she" }, false],
  [{ session: "s" }, false],
  [{ worker: "w1" }, true],
  [{ since: 7000 }, true],
  [{ since: 7001 }, false],
  [{ text: "LOGIN" }, true],
  [{ text: "t7" }, true],
  [{ text: "other" }, false],
])("a row under the filter %j: %p", (filter, expected) => {
  const row = taskRow(7, { title: "Fix the login", worker: "w1" });
  expect(matches(row, filter)).toBe(expected);
});

describe("what is kept while paused", () => {
  test("is the last of each task", () => {
    const first = hold(NOTHING_HELD, { changed: [taskRow(1)], more: false });
    const both = hold(first, {
      changed: [taskRow(1, { state: "running" }), taskRow(2)],
      more: true,
    });
    expect([...both.rows.values()].map(({ state }) => state)).toEqual([
      "running",
      "queued",
    ]);
    expect(both.more).toBe(true);
  });

  test("is bounded; beyond that everything is fetched anew", () => {
    const changed = Array.from({ length: 1500 }, (_, i) => taskRow(i));
    const held = hold(NOTHING_HELD, { changed, more: false });
    expect(held.rows.size).toBe(1000);
    expect(held.more).toBe(true);
  });
});
