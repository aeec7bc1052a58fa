/** What the board writes about its items and their holders, compiled once. Whatever changes runs in the caller's transaction. */

import { and, asc, eq, gt, inArray, max, sql } from "drizzle-orm";
import type { Store } from "../store/database.ts";
import { attempts } from "../store/schema.ts";
import {
  boardItems,
  boardNotes,
  capabilityRecords,
} from "../store/shared-schema.ts";

const p = sql.placeholder;
/** A placeholder in `set`, which the builder's types know only in `values` and `where`. */
const set = (name: string) => sql`${p(name)}`;
export type BoardWrites = ReturnType<typeof prepareBoardWrites>;

export const prepareBoardWrites = (store: Store) => ({
  ...prepareItemWrites(store),
  ...prepareRecords(store),
  ...prepareLosses(store),
});

function prepareItemWrites({ orm }: Store) {
  const ofTask = eq(boardItems.seq, p("seq"));
  return {
    insert: orm
      .insert(boardItems)
      .values({
        seq: p("seq"),
        taskId: p("taskId"),
        title: p("title"),
        details: p("details"),
        weight: p("weight"),
        capabilitiesJson: p("capabilitiesJson"),
        createdBy: p("createdBy"),
        requiredJson: p("requiredJson"),
      })
      .prepare(),
    claimed: orm
      .update(boardItems)
      .set({ workedBy: set("holder") })
      .where(ofTask)
      .prepare(),
    progress: orm
      .update(boardItems)
      .set({ progressDone: set("done"), progressTotal: set("total") })
      .where(ofTask)
      .prepare(),
    ended: orm
      .update(boardItems)
      .set({
        workedBy: set("holder"),
        provenJson: set("provenJson"),
        summary: set("summary"),
      })
      .where(ofTask)
      .prepare(),
    note: orm
      .insert(boardNotes)
      .values({
        taskSeq: p("seq"),
        at: p("at"),
        by: p("by"),
        text: p("text"),
      })
      .prepare(),
  };
}

/** What holders have proven. */
function prepareRecords({ orm }: Store) {
  return {
    record: orm
      .insert(capabilityRecords)
      .values({
        holder: p("holder"),
        capability: p("capability"),
        successes: p("successes"),
        failures: p("failures"),
      })
      .onConflictDoUpdate({
        target: [capabilityRecords.holder, capabilityRecords.capability],
        set: {
          successes: sql`${capabilityRecords.successes} + excluded.successes`,
          failures: sql`${capabilityRecords.failures} + excluded.failures`,
        },
      })
      .prepare(),
    records: orm
      .select({
        capability: capabilityRecords.capability,
        successes: capabilityRecords.successes,
        failures: capabilityRecords.failures,
      })
      .from(capabilityRecords)
      .where(eq(capabilityRecords.holder, p("holder")))
      .prepare(),
  };
}

function prepareLosses({ orm }: Store) {
  return {
    lastAttempt: orm
      .select({ id: max(attempts.id) })
      .from(attempts)
      .prepare(),
    /** Of the board, whose holders lost them. */
    lostSince: orm
      .select({
        holder: attempts.holder,
        end: attempts.end,
        taskId: boardItems.taskId,
        workedBy: boardItems.workedBy,
      })
      .from(attempts)
      .innerJoin(boardItems, eq(boardItems.seq, attempts.taskSeq))
      .where(
        and(
          gt(attempts.id, p("after")),
          inArray(attempts.end, ["lease_expired", "holder_died"]),
        ),
      )
      .orderBy(asc(attempts.id))
      .prepare(),
  };
}
