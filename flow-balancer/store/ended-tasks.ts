/** Tasks that may leave the database: which they are, everything of them, and their removal. */

import { asc, inArray } from "drizzle-orm";
import { isTerminal, TERMINAL_STATES, type TaskState } from "../core/task.ts";
import type { ArchivedTask } from "./archived-task.ts";
import type { Store } from "./database.ts";
import { attempts, taskOutputs, tasks } from "./schema.ts";
import { boardItems, boardNotes } from "./shared-schema.ts";

/** Rows looked at in one go: about 2 ms. */
const LOOK_AT = 2_000;
/** Of one batch, as they are stored, unless a single task has more. */
const BATCH_BYTES = 1_048_576;

export interface Due {
  /** Epoch ms: what ended before goes. */
  readonly endedBefore: number;
  /** Epoch ms: what ended after stays, whatever there is of it. */
  readonly quietSince: number;
  /** The newest so many ended tasks stay, unless they are old. */
  readonly keepTasks: number;
  /** At most so many at a time. */
  readonly batchTasks: number;
}

export interface Picked {
  readonly seqs: readonly number[];
  /** Go on after this one; null: that was all for now. */
  readonly next: number | null;
}

interface Row {
  readonly seq: number;
  readonly state: TaskState;
  readonly submittedAt: number;
  readonly settledAt: number | null;
  readonly bytes: number;
  readonly isNeeded: number;
}

export class EndedTasks {
  readonly #store: Store;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store) {
    this.#store = store;
    this.#sql = prepare(store.raw);
  }

  /** The oldest first, by arrival. Never the newest of all: its number would be given away again. */
  pick(after: number, due: Due): Picked {
    const ended = this.#sql.ended.get()?.n ?? 0;
    let over = ended - due.keepTasks;
    let bytes = 0;
    let last = after;
    const seqs: number[] = [];
    const rows = this.#sql.look.all(after, LOOK_AT);
    for (const row of rows) {
      // Nothing ends before it came, and what follows came later.
      const horizon = over > 0 ? due.quietSince : due.endedBefore;
      if (row.submittedAt >= horizon) return { seqs, next: null };
      if (mayGo(row, due, over > 0)) {
        if (seqs.length > 0 && bytes + row.bytes > BATCH_BYTES) break;
        seqs.push(row.seq);
        bytes += row.bytes;
        over--;
      }
      last = row.seq;
      if (seqs.length === due.batchTasks) break;
    }
    const isEnd = rows.length < LOOK_AT && last === (rows.at(-1)?.seq ?? after);
    return { seqs, next: isEnd ? null : last };
  }

  /** As they are now. */
  read(seqs: readonly number[]): ArchivedTask[] {
    const { orm } = this.#store;
    const wanted = [...seqs];
    return this.#store.raw.transaction(() => {
      const rows = orm
        .select()
        .from(tasks)
        .where(inArray(tasks.seq, wanted))
        .orderBy(asc(tasks.seq))
        .all();
      const outputs = orm
        .select()
        .from(taskOutputs)
        .where(
          inArray(
            taskOutputs.taskId,
            rows.map(({ id }) => id),
          ),
        )
        .all();
      const tries = orm
        .select()
        .from(attempts)
        .where(inArray(attempts.taskSeq, wanted))
        .orderBy(asc(attempts.id))
        .all();
      const items = orm
        .select()
        .from(boardItems)
        .where(inArray(boardItems.seq, wanted))
        .all();
      const notes = orm
        .select()
        .from(boardNotes)
        .where(inArray(boardNotes.taskSeq, wanted))
        .orderBy(asc(boardNotes.id))
        .all();
      const outputOf = new Map(outputs.map((it) => [it.taskId, it]));
      const itemOf = new Map(items.map((it) => [it.seq, it]));
      const triesOf = Map.groupBy(tries, ({ taskSeq }) => taskSeq);
      const notesOf = Map.groupBy(notes, ({ taskSeq }) => taskSeq);
      return rows.map((task) => ({
        task,
        output: outputOf.get(task.id) ?? null,
        attempts: triesOf.get(task.seq) ?? [],
        item: itemOf.get(task.seq) ?? null,
        notes: notesOf.get(task.seq) ?? [],
      }));
    })();
  }

  /** Inside a write. What changed since it was read stays: it runs again, or somebody wrote a note. Returns how many went. */
  remove(batch: readonly ArchivedTask[]): number {
    const gone = new Map<TaskState, number>();
    for (const { task, notes } of batch) {
      const { seq, id, fence, state } = task;
      const newestNote = notes.at(-1)?.id ?? 0;
      const { changes } = this.#sql.remove.run(seq, fence, state, newestNote);
      if (changes === 0) continue;
      gone.set(state, (gone.get(state) ?? 0) + 1);
      this.#sql.removeOutput.run(id);
      for (const statement of this.#sql.removeRest) statement.run(seq);
    }
    let total = 0;
    for (const [state, n] of gone) {
      this.#sql.tally.run(n, state);
      total += n;
    }
    return total;
  }
}

const mayGo = (row: Row, due: Due, isOver: boolean): boolean =>
  isTerminal(row.state) &&
  row.settledAt !== null &&
  row.isNeeded === 0 &&
  row.settledAt < due.quietSince &&
  (isOver || row.settledAt < due.endedBefore);

const ENDED = TERMINAL_STATES.map((it) => `'${it}'`).join(", ");

/** `dependencies` has the tasks that are still waited for; of a parent that ended, there is a row only until its children were told. */
const NEEDED =
  "EXISTS (SELECT 1 FROM dependencies d JOIN tasks c ON c.seq = d.task_seq WHERE d.parent_seq = tasks.seq AND c.state IN ('queued', 'running'))";

function prepare(raw: Store["raw"]) {
  return {
    ended: raw.prepare<{ n: number }, []>(
      `SELECT coalesce(sum(n), 0) AS n FROM tallies WHERE state IN (${ENDED})`,
    ),
    look: raw.prepare<Row, [number, number]>(
      `SELECT seq, state, submitted_at AS submittedAt, settled_at AS settledAt,
         octet_length(input) + coalesce(octet_length(value), 0) + coalesce(octet_length(error), 0)
           + coalesce((SELECT octet_length(o.text) FROM task_outputs o WHERE o.task_id = tasks.id), 0) AS bytes,
         has_dependants = 1 AND ${NEEDED} AS isNeeded
       FROM tasks WHERE seq > ?1 AND seq < (SELECT max(seq) FROM tasks) ORDER BY seq LIMIT ?2`,
    ),
    remove: raw.prepare<unknown, [number, number, TaskState, number]>(
      `DELETE FROM tasks WHERE seq = ?1 AND fence = ?2 AND state = ?3 AND NOT (has_dependants = 1 AND ${NEEDED})
         AND coalesce((SELECT max(n.id) FROM board_notes n WHERE n.task_seq = ?1), 0) = ?4`,
    ),
    removeOutput: raw.prepare<unknown, [string]>(
      "DELETE FROM task_outputs WHERE task_id = ?1",
    ),
    removeRest: [
      "DELETE FROM attempts WHERE task_seq = ?1",
      "DELETE FROM dependencies WHERE task_seq = ?1",
      "DELETE FROM dependencies WHERE parent_seq = ?1",
      "DELETE FROM board_items WHERE seq = ?1",
      "DELETE FROM board_notes WHERE task_seq = ?1",
    ].map((text) => raw.prepare<unknown, [number]>(text)),
    tally: raw.prepare<unknown, [number, TaskState]>(
      "UPDATE tallies SET n = n - ?1 WHERE state = ?2",
    ),
  };
}
