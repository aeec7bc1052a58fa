/**
 * What the board asks the database about its items, compiled once. Each query reads a bounded number of
 * rows by an index (tests/board/query-plans.test.ts looks at the plans); what a partial index asks for
 * is spelled out, because a bound value would not match it.
 */

import { asc, desc, eq, sql } from "drizzle-orm";
import type { HolderId, TaskId } from "../core/ids.ts";
import { compileStatement } from "../queue/compile-statement.ts";
import type { Store } from "../store/database.ts";
import { dependencies, tasks } from "../store/schema.ts";
import { boardItems, boardNotes } from "../store/shared-schema.ts";

const p = sql.placeholder;
const onBoard = sql`${tasks.queue} = 'board'`;
/** As the queue has it for whatever can be claimed. */
const isReady = sql`${onBoard} AND ${tasks.state} = 'queued' AND ${tasks.holder} IS NULL AND ${tasks.pending} = 0 AND ${tasks.dueBoot} IS NULL`;

const itemColumns = {
  seq: tasks.seq,
  id: tasks.id,
  state: tasks.state,
  attempt: tasks.attempt,
  fence: tasks.fence,
  priority: tasks.priority,
  holder: tasks.holder,
  leaseBoot: tasks.leaseBoot,
  dueBoot: tasks.dueBoot,
  pending: tasks.pending,
  afterJson: tasks.afterJson,
  hasDependants: tasks.hasDependants,
  submittedAt: tasks.submittedAt,
  startedAt: tasks.startedAt,
  settledAt: tasks.settledAt,
  errorJson: tasks.errorJson,
  title: boardItems.title,
  details: boardItems.details,
  weight: boardItems.weight,
  capabilitiesJson: boardItems.capabilitiesJson,
  createdBy: boardItems.createdBy,
  workedBy: boardItems.workedBy,
  progressDone: boardItems.progressDone,
  progressTotal: boardItems.progressTotal,
  requiredJson: boardItems.requiredJson,
  provenJson: boardItems.provenJson,
  summary: boardItems.summary,
};

export type ItemReads = ReturnType<typeof prepareItemReads>;
export type ItemRow = NonNullable<ReturnType<ItemReads["item"]["get"]>>;

export const prepareItemReads = (store: Store) => ({
  ...prepareItems(store),
  ...prepareCandidates(store),
  ...prepareCounts(store),
  ...prepareTies(store),
});

function prepareItems({ orm }: Store) {
  const items = () =>
    orm
      .select(itemColumns)
      .from(tasks)
      .innerJoin(boardItems, eq(boardItems.seq, tasks.seq));
  return {
    item: items()
      .where(eq(tasks.id, p("id")))
      .limit(1)
      .prepare(),
    /** Only what is held for a time: instances hold their tasks without an end, and may hold very many. */
    active: items()
      .where(sql`${tasks.leaseBoot} IS NOT NULL AND ${onBoard}`)
      .orderBy(sql`${tasks.startedAt} IS NULL`, tasks.startedAt, tasks.seq)
      .limit(p("limit"))
      .prepare(),
    blocked: items()
      .where(
        sql`${tasks.state} = 'queued' AND ${tasks.pending} > 0 AND ${onBoard}`,
      )
      .orderBy(asc(tasks.seq))
      .limit(p("limit"))
      .prepare(),
  };
}

/** What has to be known of an item to rank it. Hundreds are read for a claim, and drizzle's own reading costs more than the rest. */
export interface CandidateRow {
  readonly seq: number;
  readonly id: TaskId;
  readonly priority: number;
  readonly submittedAt: number;
  readonly hasDependants: number;
  readonly title: string;
  readonly weight: number;
  readonly capabilitiesJson: string;
}

const candidateColumns = {
  seq: tasks.seq,
  id: tasks.id,
  priority: tasks.priority,
  submittedAt: sql`${tasks.submittedAt}`.as("submittedAt"),
  hasDependants: sql`${tasks.hasDependants}`.as("hasDependants"),
  title: boardItems.title,
  weight: boardItems.weight,
  capabilitiesJson: sql`${boardItems.capabilitiesJson}`.as("capabilitiesJson"),
};

function prepareCandidates({ raw, orm }: Store) {
  const candidates = () =>
    orm
      .select(candidateColumns)
      .from(tasks)
      .innerJoin(boardItems, eq(boardItems.seq, tasks.seq));
  return {
    /** The most urgent first, but for what waiting adds. */
    ready: compileStatement<CandidateRow, { limit: number; offset: number }>(
      raw,
      candidates()
        .where(isReady)
        .orderBy(sql`${tasks.priority} DESC`, asc(tasks.seq))
        .limit(p("limit"))
        .offset(p("offset")),
    ),
    /** What the bridge holds out to scripts, and none has taken. */
    offered: compileStatement<
      CandidateRow,
      { holder: HolderId; limit: number }
    >(
      raw,
      candidates()
        .where(
          sql`${tasks.holder} = ${p("holder")} AND ${tasks.holder} IS NOT NULL AND ${onBoard} AND ${boardItems.workedBy} = ${tasks.holder}`,
        )
        .limit(p("limit")),
    ),
  };
}

function prepareCounts({ orm }: Store) {
  const count = (where: ReturnType<typeof sql>) =>
    orm
      .select({ n: sql<number>`count(*)` })
      .from(tasks)
      .where(where)
      .prepare();
  return {
    load: orm
      .select({
        weight: sql<number>`coalesce(sum(${boardItems.weight}), 0)`,
        n: sql<number>`count(*)`,
      })
      .from(tasks)
      .innerJoin(boardItems, eq(boardItems.seq, tasks.seq))
      .where(
        sql`${tasks.holder} = ${p("holder")} AND ${tasks.holder} IS NOT NULL AND ${onBoard}`,
      )
      .prepare(),
    countReady: count(isReady),
    countBlocked: count(
      sql`${tasks.state} = 'queued' AND ${tasks.pending} > 0 AND ${onBoard}`,
    ),
    /** Until a time; what also waits for others counts as blocked. */
    countPaused: count(
      sql`${tasks.state} = 'queued' AND ${tasks.dueBoot} IS NOT NULL AND ${tasks.pending} = 0 AND ${onBoard}`,
    ),
    countHeld: orm
      .select({ state: tasks.state, n: sql<number>`count(*)` })
      .from(tasks)
      .where(sql`${tasks.leaseBoot} IS NOT NULL AND ${onBoard}`)
      .groupBy(tasks.state)
      .prepare(),
    countEnded: orm
      .select({ state: tasks.state, n: sql<number>`count(*)` })
      .from(tasks)
      .where(sql`${tasks.queue} = 'board' AND ${tasks.settledAt} IS NOT NULL`)
      .groupBy(tasks.state)
      .prepare(),
  };
}

/** What hangs together with an item. */
function prepareTies({ orm }: Store) {
  return {
    isThere: orm
      .select({ seq: tasks.seq })
      .from(tasks)
      .where(eq(tasks.id, p("id")))
      .limit(1)
      .prepare(),
    /** What an open task still waits for; tasks of the pool have no title. */
    parents: orm
      .select({
        id: tasks.id,
        on: dependencies.on,
        state: tasks.state,
        holder: tasks.holder,
        startedAt: tasks.startedAt,
        title: boardItems.title,
        workedBy: boardItems.workedBy,
      })
      .from(dependencies)
      .innerJoin(tasks, eq(tasks.seq, dependencies.parentSeq))
      .leftJoin(boardItems, eq(boardItems.seq, tasks.seq))
      .where(eq(dependencies.taskSeq, p("seq")))
      .limit(p("limit"))
      .prepare(),
    children: orm
      .select({ seq: dependencies.taskSeq })
      .from(dependencies)
      .where(eq(dependencies.parentSeq, p("seq")))
      .limit(p("limit"))
      .prepare(),
    /** The newest; the oldest of them last. */
    notes: orm
      .select({ at: boardNotes.at, by: boardNotes.by, text: boardNotes.text })
      .from(boardNotes)
      .where(eq(boardNotes.taskSeq, p("seq")))
      .orderBy(desc(boardNotes.id))
      .limit(p("limit"))
      .prepare(),
  };
}
