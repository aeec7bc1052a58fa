/** Which card stands where on the board, and how long it is still its holder's. */

import { describe, expect, test } from "bun:test";
import type {
  BoardItemView,
  BoardView,
} from "../../../monitoring/api/shared-views.ts";
import {
  boardColumns,
  COLUMNS,
  leaseLeft,
  leaseWords,
  progressShare,
} from "../../../monitoring/dashboard/pages/board-columns.ts";

const item = (id: string, more: Partial<BoardItemView>): BoardItemView => ({
  task_id: id,
  title: id,
  column: "ready",
  state: "queued",
  weight: 1,
  priority: 0,
  capabilities: [],
  holder: null,
  lease_left_ms: null,
  progress_done: null,
  progress_total: null,
  summary: null,
  waits_for: null,
  changed_at: 0,
  ...more,
});

const view = (
  items: BoardItemView[],
  counts: Partial<BoardView["counts"]> = {},
): BoardView => ({
  items,
  counts: { blocked: 0, ready: 0, active: 0, done: 0, failed: 0, ...counts },
  holders: [],
});

const idsOf = (board: BoardView, name: BoardItemView["column"]): string[] =>
  boardColumns(board)
    .find((column) => column.name === name)!
    .items.map(({ task_id }) => task_id);

describe("columns", () => {
  test("all five stand there, in the order of work, also when empty", () => {
    expect(boardColumns(view([])).map(({ name }) => name)).toEqual(
      COLUMNS.map(({ name }) => name),
    );
  });

  test("every card is in its own column and in no other", () => {
    const items = COLUMNS.flatMap(({ name }) => [
      item(`${name}-1`, { column: name }),
      item(`${name}-2`, { column: name }),
    ]);
    for (const { name } of COLUMNS)
      expect(idsOf(view(items), name).sort()).toEqual([
        `${name}-1`,
        `${name}-2`,
      ]);
  });

  test("the count is of all there are, not of those that were sent", () => {
    const [first] = boardColumns(
      view([item("a", { column: "blocked" })], { blocked: 1312 }),
    );
    expect(first?.count).toBe(1312);
  });

  test("ready: by priority, then the newest", () => {
    const items = [
      item("old", { changed_at: 1 }),
      item("new", { changed_at: 2 }),
      item("urgent", { priority: 5 }),
    ];
    expect(idsOf(view(items), "ready")).toEqual(["urgent", "new", "old"]);
  });

  test("active: the lease that ends first is first", () => {
    const items = [
      item("none", { column: "active" }),
      item("long", { column: "active", lease_left_ms: 90_000 }),
      item("short", { column: "active", lease_left_ms: 5_000 }),
    ];
    expect(idsOf(view(items), "active")).toEqual(["short", "long", "none"]);
  });

  test("done and failed: the newest first, whatever the priority", () => {
    const items = [
      item("old", { column: "done", changed_at: 1, priority: 9 }),
      item("new", { column: "done", changed_at: 2 }),
    ];
    expect(idsOf(view(items), "done")).toEqual(["new", "old"]);
  });
});

describe("a card", () => {
  test("its lease is counted down from when it was fetched", () => {
    expect(leaseLeft(10_000, 1_000, 4_000)).toBe(7_000);
    expect(leaseLeft(10_000, 1_000, 400)).toBe(10_000);
    expect(leaseLeft(null, 1_000, 4_000)).toBeNull();
    expect(leaseWords(7_900)).toBe("lease 7.0 s left");
    expect(leaseWords(95_400)).toBe("lease 1 m 35 s left");
    expect(leaseWords(400)).toBe("lease ends now");
    expect(leaseWords(0)).toBe("lease ended");
    expect(leaseWords(-5_000)).toBe("lease ended");
  });

  test("progress is between nothing and all; without a total it is not known", () => {
    const share = (done: number | null, total: number | null) =>
      progressShare({ progress_done: done, progress_total: total });
    expect(share(3, 12)).toBe(0.25);
    expect(share(15, 12)).toBe(1);
    expect(share(-1, 12)).toBe(0);
    expect(share(3, null)).toBeNull();
    expect(share(3, 0)).toBeNull();
  });
});
