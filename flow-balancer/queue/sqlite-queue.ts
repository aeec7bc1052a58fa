/**
 * The task queue on SQLite. Every write goes through the group commit; a settle is guarded by
 * (id, fence, not ended), so that a task has one result whoever else tries. Long texts are stored
 * compressed (see codec/stored-text.ts).
 */

import { and, desc, eq, gte, inArray, lt, sql } from "drizzle-orm";
import { packBoth, packText, unpackText } from "../codec/stored-text.ts";
import { BalancerError } from "../core/errors.ts";
import { taskId, type TaskId } from "../core/ids.ts";
import type {
  Env,
  Lease,
  ListFilter,
  ListPage,
  Recorded,
  Settlement,
  TaskQueue,
} from "../core/ports.ts";
import {
  TASK_STATES,
  type TaskOutput,
  type TaskRecord,
  type TaskRequest,
  type TaskState,
} from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { taskOutputs, tasks } from "../store/schema.ts";
import { queuedRecord, settledColumns, toRecord } from "./task-row.ts";

const OPEN: readonly TaskState[] = ["queued", "running"];
/** The recorder's own claim is the first. */
const FIRST = 1;

export class SqliteQueue implements TaskQueue {
  readonly #store: Store;
  readonly #env: Env;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: Store, env: Env) {
    this.#store = store;
    this.#env = env;
    this.#sql = prepare(store);
  }

  record(request: TaskRequest): Promise<Recorded> {
    const packed = packText(request.inputJson);
    return this.#store.commit.writeWith(packed, (input): Recorded => {
      const earlier = this.#earlier(request);
      if (earlier !== null) return { isNew: false, task: earlier };
      const id = taskId(this.#env.unique());
      const submittedAt = this.#env.now();
      this.#sql.insert.run({
        id,
        kind: request.kind,
        inputJson: input,
        session: request.session,
        priority: request.priority,
        timeoutMs: request.timeoutMs,
        deadlineMs: request.deadlineMs,
        afterJson:
          request.after.length === 0 ? null : JSON.stringify(request.after),
        idempotencyKey: request.idempotencyKey,
        submittedAt,
      });
      return {
        isNew: true,
        lease: { id, attempt: FIRST, fence: FIRST },
        task: queuedRecord(id, request, FIRST, submittedAt),
      };
    });
  }

  started(lease: Lease): Promise<boolean> {
    const startedAt = this.#env.now();
    return this.#store.commit.write(
      () =>
        this.#sql.start.all({ id: lease.id, fence: lease.fence, startedAt })
          .length === 1,
    );
  }

  settle(lease: Lease, settlement: Settlement): Promise<boolean> {
    const settledAt = this.#env.now();
    const { result, output } = settlement;
    const packed = packBoth(result.valueJson, output?.text ?? null);
    return this.#store.commit.writeWith(packed, ([value, text]) => {
      const settled = this.#sql.settle.all(
        settledColumns(lease, settlement, settledAt, value),
      );
      if (settled.length !== 1) return false;
      if (output !== null && output.bytesSeen > 0)
        this.#sql.output.run({
          taskId: lease.id,
          text,
          bytesSeen: output.bytesSeen,
          truncated: output.truncated ? 1 : 0,
        });
      return true;
    });
  }

  async get(id: TaskId): Promise<TaskRecord | null> {
    const row = this.#sql.get.get({ id });
    return row === undefined ? null : toRecord(row);
  }

  async output(id: TaskId): Promise<TaskOutput | null> {
    const row = this.#sql.readOutput.get({ id });
    return row === undefined
      ? null
      : { ...row, text: unpackText(row.text, `what ${id} printed`) };
  }

  async list(filter: ListFilter): Promise<ListPage> {
    const rows = this.#store.orm
      .select()
      .from(tasks)
      .where(
        and(
          filter.state && eq(tasks.state, filter.state),
          filter.session && eq(tasks.session, filter.session),
          filter.kind === undefined ? undefined : eq(tasks.kind, filter.kind),
          filter.since && gte(tasks.submittedAt, filter.since),
          filter.before === undefined
            ? undefined
            : lt(tasks.seq, filter.before),
        ),
      )
      .orderBy(desc(tasks.seq))
      .limit(filter.limit + 1)
      .all();
    const page = rows.slice(0, filter.limit);
    return {
      tasks: page.map(toRecord),
      next: rows.length > filter.limit ? (page.at(-1)?.seq ?? null) : null,
    };
  }

  async counts(): Promise<Readonly<Record<TaskState, number>>> {
    const counts = Object.fromEntries(
      TASK_STATES.map((state) => [state, 0]),
    ) as Record<TaskState, number>;
    for (const { state, n } of this.#sql.counts.all()) counts[state] = n;
    return counts;
  }

  async runTimes(kind: string, limit: number): Promise<readonly number[]> {
    return this.#sql.runTimes
      .all({ kind, limit })
      .flatMap(({ runMs }) => (runMs === null ? [] : [runMs]));
  }

  #earlier(request: TaskRequest): TaskRecord | null {
    if (request.idempotencyKey === null) return null;
    const row = this.#sql.byKey.get({ key: request.idempotencyKey });
    if (row === undefined) return null;
    const inputJson = unpackText(row.inputJson, `the input of ${row.id}`);
    if (row.kind !== request.kind || inputJson !== request.inputJson)
      throw new BalancerError(
        "IDEMPOTENCY_CONFLICT",
        `the idempotency_key was used for another ${row.kind} task (${row.id}) with a different input`,
        { hint: "Use a key of its own for each piece of work." },
      );
    return toRecord(row);
  }
}

/** Built once: what the builder costs a call is more than the statement itself. */
function prepare({ orm }: Store) {
  const p = sql.placeholder;
  const held = and(
    eq(tasks.id, p("id")),
    eq(tasks.fence, p("fence")),
    inArray(tasks.state, [...OPEN]),
  );
  return {
    insert: orm
      .insert(tasks)
      .values({
        id: p("id"),
        kind: p("kind"),
        inputJson: p("inputJson"),
        session: p("session"),
        priority: p("priority"),
        timeoutMs: p("timeoutMs"),
        deadlineMs: p("deadlineMs"),
        afterJson: p("afterJson"),
        idempotencyKey: p("idempotencyKey"),
        state: "queued",
        attempt: FIRST,
        fence: FIRST,
        submittedAt: p("submittedAt"),
      })
      .prepare(),
    start: orm
      .update(tasks)
      .set({ state: "running", startedAt: set(p("startedAt")) })
      .where(
        and(
          eq(tasks.id, p("id")),
          eq(tasks.fence, p("fence")),
          eq(tasks.state, "queued"),
        ),
      )
      .returning({ seq: tasks.seq })
      .prepare(),
    settle: orm
      .update(tasks)
      .set({
        state: set(p("state")),
        startedAt: set(p("startedAt")),
        settledAt: set(p("settledAt")),
        tier: set(p("tier")),
        worker: set(p("worker")),
        waitMs: set(p("waitMs")),
        startMs: set(p("startMs")),
        runMs: set(p("runMs")),
        decisionJson: set(p("decisionJson")),
        deaths: set(p("deaths")),
        valueJson: set(p("valueJson")),
        errorJson: set(p("errorJson")),
      })
      .where(held)
      .returning({ seq: tasks.seq })
      .prepare(),
    output: orm
      .insert(taskOutputs)
      .values({
        taskId: p("taskId"),
        text: p("text"),
        bytesSeen: p("bytesSeen"),
        truncated: p("truncated"),
      })
      .prepare(),
    get: orm
      .select()
      .from(tasks)
      .where(eq(tasks.id, p("id")))
      .limit(1)
      .prepare(),
    byKey: orm
      .select()
      .from(tasks)
      .where(eq(tasks.idempotencyKey, p("key")))
      .limit(1)
      .prepare(),
    readOutput: orm
      .select({
        text: taskOutputs.text,
        bytesSeen: taskOutputs.bytesSeen,
        truncated: taskOutputs.truncated,
      })
      .from(taskOutputs)
      .where(eq(taskOutputs.taskId, p("id")))
      .limit(1)
      .prepare(),
    counts: orm
      .select({ state: tasks.state, n: sql<number>`count(*)` })
      .from(tasks)
      .groupBy(tasks.state)
      .prepare(),
    runTimes: orm
      .select({ runMs: tasks.runMs })
      .from(tasks)
      .where(and(eq(tasks.kind, p("kind")), eq(tasks.state, "completed")))
      .orderBy(desc(tasks.seq))
      .limit(p("limit"))
      .prepare(),
  };
}

/** A placeholder in `set`, which the builder's types know only in `values` and `where`. */
const set = (placeholder: ReturnType<typeof sql.placeholder>) =>
  sql`${placeholder}`;
