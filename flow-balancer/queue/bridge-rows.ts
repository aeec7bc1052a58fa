/** What the bridge to scripts knows from SQL: the tasks it holds, and what became of those it no longer does. */

import { and, eq, sql } from "drizzle-orm";
import { unpackText, type StoredText } from "../codec/stored-text.ts";
import { type HolderId, type TaskId, SHELL_BRIDGE } from "../core/ids.ts";
import { parseOrNull } from "../core/json.ts";
import type { Lease } from "../core/queue.ts";
import type { TaskState } from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { tasks } from "../store/schema.ts";
import { boardItems } from "../store/shared-schema.ts";
import { compileStatement } from "./compile-statement.ts";
import { HELD } from "./conditions.ts";

export interface HeldTask extends Lease {
  readonly seq: number;
  readonly priority: number;
  readonly leaseBoot: number | null;
  readonly cancelAsked: 0 | 1;
  /** As the board notes it: the bridge while it is offered, then the script. */
  readonly workedBy: HolderId | null;
}

/** A script has it, as far as the board knows. */
export const isTaken = ({ workedBy }: HeldTask): boolean =>
  workedBy !== null && workedBy !== SHELL_BRIDGE;

interface JobRow {
  readonly input: StoredText;
  readonly title: string | null;
  readonly details: string | null;
  readonly weight: number | null;
}

export class BridgeRows {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store) {
    this.#sql = prepare(store);
  }

  held = (): readonly HeldTask[] =>
    this.#sql.held.all({ holder: SHELL_BRIDGE });

  /** The bridges still have this attempt of it. */
  isHeld = ({ seq, fence }: HeldTask): boolean =>
    this.#sql.isHeld.get({ seq, fence, holder: SHELL_BRIDGE }) !== null;

  /** What a script is told of a task. */
  job({ seq, id, attempt, fence }: HeldTask): object {
    const row = this.#sql.job.get({ seq });
    return {
      id,
      attempt,
      fence,
      title: row?.title ?? id,
      details: row?.details ?? null,
      weight: row?.weight ?? null,
      input: parseOrNull(
        row === null ? null : unpackText(row.input, `the input of ${id}`),
      ),
    };
  }

  /** Null: there is no such task. */
  now(
    id: TaskId,
  ): { readonly state: TaskState; readonly fence: number } | null {
    return this.#sql.now.get({ id });
  }
}

function prepare({ raw, orm }: Store) {
  const p = sql.placeholder;
  return {
    held: compileStatement<HeldTask, { holder: HolderId }>(
      raw,
      orm
        .select({
          seq: tasks.seq,
          id: tasks.id,
          attempt: tasks.attempt,
          fence: tasks.fence,
          priority: tasks.priority,
          leaseBoot: sql`${tasks.leaseBoot}`.as("leaseBoot"),
          cancelAsked: sql`${tasks.cancelAsked}`.as("cancelAsked"),
          workedBy: sql`${boardItems.workedBy}`.as("workedBy"),
        })
        .from(tasks)
        .leftJoin(boardItems, eq(boardItems.seq, tasks.seq))
        .where(and(HELD, eq(tasks.holder, p("holder")))),
    ),
    isHeld: compileStatement<
      { seq: number },
      { seq: number; fence: number; holder: HolderId }
    >(
      raw,
      orm
        .select({ seq: tasks.seq })
        .from(tasks)
        .where(
          and(
            eq(tasks.seq, p("seq")),
            HELD,
            eq(tasks.holder, p("holder")),
            eq(tasks.fence, p("fence")),
          ),
        ),
    ),
    job: compileStatement<JobRow, { seq: number }>(
      raw,
      orm
        .select({
          input: sql`${tasks.inputJson}`.as("input"),
          title: boardItems.title,
          details: boardItems.details,
          weight: boardItems.weight,
        })
        .from(tasks)
        .leftJoin(boardItems, eq(boardItems.seq, tasks.seq))
        .where(eq(tasks.seq, p("seq"))),
    ),
    now: compileStatement<{ state: TaskState; fence: number }, { id: TaskId }>(
      raw,
      orm
        .select({ state: tasks.state, fence: tasks.fence })
        .from(tasks)
        .where(eq(tasks.id, p("id"))),
    ),
  };
}
