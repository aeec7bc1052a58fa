/**
 * What happened on the board, for whoever was away, and who saw how much of it. Events are written in the
 * transaction of what they tell of.
 */

import { and, desc, eq, gt, gte, lt, max, sql } from "drizzle-orm";
import type { BoardEvent } from "../core/board.ts";
import type { HolderId, TaskId } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { Env } from "../core/ports.ts";
import type { PastWork } from "../core/suggest-work.ts";
import type { EpochMs } from "../core/time.ts";
import type { Store } from "../store/database.ts";
import { boardItems, events } from "../store/shared-schema.ts";
import type { MetaValues } from "./meta-values.ts";

export type BoardEventType =
  | "board.added"
  | "board.claimed"
  | "board.released"
  | "board.completed"
  | "board.failed"
  | "board.ended"
  | "board.noted"
  | "board.refused"
  | "board.expired";

/** How far back anybody looks: events of all kinds, the newest. */
const LOOK_BACK = 5_000;
const MAX_EVENTS = 100;
/** A holder that nobody knows yet is shown this many. */
const FIRST_EVENTS = 20;
const PAST_WORK = 200;
const SEEN = "board_seen:";
/** Past this, a holder that was not heard of is a new one. */
const FORGOTTEN_MS = 30 * 86_400_000;
const CHANGES = "board_changes";

/** What a holder has seen: when it was last heard of, and the last event there was then. */
interface Seen {
  readonly at: EpochMs;
  readonly seq: number;
}

export class BoardLog {
  readonly #env: Env;
  readonly #meta: MetaValues;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store, env: Env, meta: MetaValues) {
    this.#env = env;
    this.#meta = meta;
    this.#sql = prepare(store);
  }

  /** In a transaction. */
  add(
    type: BoardEventType,
    taskId: TaskId | null,
    holder: HolderId | null,
    detail: Readonly<Record<string, unknown>> = {},
  ): void {
    this.#sql.insert.run({
      at: this.#env.now(),
      type,
      taskId,
      holder,
      detailJson: JSON.stringify(detail),
    });
  }

  /** In a transaction: something that a reader of the board can see was changed. */
  countChange(): void {
    this.#meta.count(CHANGES);
  }

  /** Grows with every change. */
  changes(): number {
    return this.#meta.number(CHANGES);
  }

  /** The newest event there is. */
  last(): number {
    return this.#sql.last.get()?.seq ?? 0;
  }

  /** In a transaction: the holder was heard of, and has seen what there was up to `seq`. */
  markSeen(holder: HolderId, seq: number = this.last()): void {
    const now = this.#env.now();
    if (this.seen(holder) === null) this.#meta.forget(SEEN, now - FORGOTTEN_MS);
    this.#meta.set(SEEN + holder, `${now} ${seq}`);
  }

  seen(holder: HolderId): Seen | null {
    const value = this.#meta.get(SEEN + holder);
    if (value === null) return null;
    const [at, seq] = value.split(" ").map(Number);
    return { at: at as EpochMs, seq: seq ?? 0 };
  }

  /** Oldest first: since a time, or since the holder was last heard of. */
  since(holder: HolderId, time: EpochMs | null): readonly BoardEvent[] {
    const seen = time === null ? this.seen(holder) : null;
    return this.#sql.since
      .all({
        at: time ?? 0,
        seq: seen?.seq ?? 0,
        limit: time === null && seen === null ? FIRST_EVENTS : MAX_EVENTS,
      })
      .reverse()
      .map(({ at, type, taskId, title, by, detailJson }) => ({
        at: at as EpochMs,
        type,
        taskId,
        title,
        by,
        detail: (parseOrNull(detailJson) ?? {}) as BoardEvent["detail"],
      }));
  }

  /** The newest completions; newest first. */
  completions(limit: number) {
    return this.#sql.completions.all({ limit });
  }

  pastWork(): readonly PastWork[] {
    return this.completions(PAST_WORK).flatMap(({ detailJson }) => {
      const { weight, capabilities, run_ms } = (parseOrNull(detailJson) ??
        {}) as Readonly<Record<string, unknown>>;
      return typeof weight === "number" &&
        typeof run_ms === "number" &&
        Array.isArray(capabilities)
        ? [{ weight, capabilities: capabilities as string[], runMs: run_ms }]
        : [];
    });
  }
}

function prepare(store: Store) {
  const p = sql.placeholder;
  const { orm } = store;
  return {
    insert: orm
      .insert(events)
      .values({
        at: p("at"),
        type: p("type"),
        taskId: p("taskId"),
        holder: p("holder"),
        detailJson: p("detailJson"),
      })
      .prepare(),
    last: orm
      .select({ seq: max(events.seq) })
      .from(events)
      .prepare(),
    since: prepareSince(store),
    completions: orm
      .select({
        taskId: events.taskId,
        at: events.at,
        holder: events.holder,
        detailJson: events.detailJson,
        title: boardItems.title,
      })
      .from(events)
      .leftJoin(boardItems, eq(boardItems.taskId, events.taskId))
      .where(eq(events.type, "board.completed"))
      .orderBy(desc(events.seq))
      .limit(p("limit"))
      .prepare(),
  };
}

function prepareSince({ orm }: Store) {
  const p = sql.placeholder;
  const recent = orm
    .select()
    .from(events)
    .where(gt(events.seq, p("seq")))
    .orderBy(desc(events.seq))
    .limit(LOOK_BACK)
    .as("recent");
  return orm
    .select({
      at: recent.at,
      type: recent.type,
      taskId: recent.taskId,
      title: boardItems.title,
      by: recent.holder,
      detailJson: recent.detailJson,
    })
    .from(recent)
    .leftJoin(boardItems, eq(boardItems.taskId, recent.taskId))
    .where(
      and(
        gte(recent.type, "board."),
        lt(recent.type, "board/"),
        gte(recent.at, p("at")),
      ),
    )
    .orderBy(desc(recent.seq))
    .limit(p("limit"))
    .prepare();
}
