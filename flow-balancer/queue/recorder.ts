/** Writes new tasks: one that is held from the start with one insert, others with what they wait for. To be called inside a write. */

import type { StoredText } from "../codec/stored-text.ts";
import { unpackText } from "../codec/stored-text.ts";
import { BalancerError } from "../core/errors.ts";
import { refuseCycle } from "../core/dependency-list.ts";
import type { TaskId } from "../core/ids.ts";
import { quoted } from "../core/quoted.ts";
import type { NewTask, Recorded, Terms } from "../core/queue.ts";
import type { TaskRecord, TaskRequest } from "../core/task.ts";
import { PARKED_BOOT } from "./group-places.ts";
import { PlainLease } from "./plain-lease.ts";
import { FIRST, prepareRecorder } from "./recorder-statements.ts";
import type { QueueParts } from "./settles.ts";
import {
  dependenciesJson,
  heldRecord,
  toRecord,
  type TaskRow,
} from "./task-row.ts";

export class Recorder {
  readonly #parts: QueueParts;
  readonly #sql: ReturnType<typeof prepareRecorder>;

  constructor(parts: QueueParts) {
    this.#parts = parts;
    this.#sql = prepareRecorder(parts.store);
  }

  /** `id` makes one, should it be needed. */
  record(
    request: TaskRequest,
    terms: Terms,
    input: StoredText,
    id: () => TaskId,
  ): Recorded {
    const earlier = this.#earlier(request);
    if (earlier !== null) return { isNew: false, task: toRecord(earlier) };
    const task = { id: id(), request, terms };
    if (isPlain(task)) return this.#recordPlain(task, input);
    const seq = this.#insert(task, input);
    if (this.#link(seq, task)) this.#hold(seq, task);
    const row = this.#row(seq);
    const { holder, attempt, fence } = row;
    return {
      isNew: true,
      task: toRecord(row),
      lease: holder === null ? null : { id: row.id, attempt, fence },
    };
  }

  /** `inputs`: of each, as they are stored. */
  add(
    asked: readonly NewTask[],
    inputs: readonly StoredText[],
  ): readonly TaskRecord[] {
    const stands = this.#standIns(asked);
    const fresh = inputs.flatMap((input, at) => {
      const task = asked[at];
      return task === undefined || stands.has(task.id)
        ? []
        : [{ task: withParents(task, stands), input }];
    });
    this.#refuseKnown(fresh.map(({ task }) => task));
    refuseCycle(
      fresh.map(({ task }) => ({ id: task.id, after: task.request.after })),
    );
    const placed = fresh.map(({ task, input }) => ({
      task,
      seq: this.#insert(task, input),
    }));
    const free = placed.filter(({ seq, task }) => this.#link(seq, task));
    for (const { seq, task } of free) this.#hold(seq, task);
    return asked.map(({ id }) => toRecord(this.#rowOf(stands.get(id) ?? id)));
  }

  #recordPlain({ id, request, terms }: NewTask, input: StoredText): Recorded {
    const submittedAt = this.#parts.env.now();
    const { lastInsertRowid } = this.#sql.insertPlain.run({
      id,
      kind: request.kind,
      inputJson: input,
      session: request.session,
      priority: request.priority,
      timeoutMs: request.timeoutMs,
      deadlineMs: request.deadlineMs,
      idempotencyKey: request.idempotencyKey,
      submittedAt,
      holder: terms.holder,
      runsOnce: terms.runsOnce ? 1 : 0,
      awaited: terms.awaited ? 1 : 0,
    });
    this.#parts.tallies.move(null, "queued");
    return {
      isNew: true,
      lease: new PlainLease(id, FIRST, FIRST, {
        seq: Number(lastInsertRowid),
        kind: request.kind,
        timeoutMs: request.timeoutMs,
        attempt: FIRST,
        holder: terms.holder,
      }),
      task: heldRecord(id, request, terms, FIRST, submittedAt),
    };
  }

  /** Held by nobody yet. */
  #insert({ id, request, terms }: NewTask, input: StoredText): number {
    const { env, groups, tallies } = this.#parts;
    const { group, delayMs } = terms;
    const isDelayed = delayMs > 0;
    const isCrowded =
      !isDelayed &&
      group !== null &&
      request.after.length === 0 &&
      groups.isCrowded({ ...group, ...terms, ...request });
    const { lastInsertRowid } = this.#sql.insertFull.run({
      id,
      kind: request.kind,
      inputJson: input,
      session: request.session,
      priority: request.priority,
      timeoutMs: request.timeoutMs,
      deadlineMs: request.deadlineMs,
      idempotencyKey: request.idempotencyKey,
      submittedAt: env.now(),
      holder: null,
      runsOnce: terms.runsOnce ? 1 : 0,
      awaited: terms.awaited ? 1 : 0,
      attempt: 0,
      fence: 0,
      queue: terms.queue,
      afterJson: dependenciesJson(request.after),
      pending: request.after.length,
      dueBoot: isDelayed
        ? Math.ceil(env.boot() + delayMs)
        : isCrowded
          ? PARKED_BOOT
          : null,
      dueAt: isDelayed ? Math.ceil(env.now() + delayMs) : null,
      maxAttempts: terms.maxAttempts,
      backoffMs: terms.backoffMs,
      groupKey: group?.key ?? null,
      groupLimit: group?.limit ?? null,
    });
    tallies.move(null, "queued");
    return Number(lastInsertRowid);
  }

  /** True if nothing that it comes after is in its way. */
  #link(seq: number, { id, request: { after } }: NewTask): boolean {
    if (after.length === 0) return true;
    return (
      this.#parts.graph.link({ seq, id, state: "queued" }, after) === "free"
    );
  }

  #hold(seq: number, { terms: { holder, delayMs, group } }: NewTask): void {
    if (holder === null || delayMs > 0) return;
    if (group === null || this.#parts.groups.hasPlace(group.key, group.limit))
      this.#sql.hold.run({ seq, holder });
  }

  #row(seq: number): TaskRow {
    const row = this.#parts.sql.rowAt.get({ seq });
    if (row === null) throw new Error(`task ${seq} vanished under the lock`);
    return row;
  }

  #rowOf(id: TaskId): TaskRow {
    const row = this.#parts.sql.row.get({ id });
    if (row === null) throw new Error(`${id} vanished under the lock`);
    return row;
  }

  /** Those whose key was seen before are not new: which task stands in for each. */
  #standIns(asked: readonly NewTask[]): ReadonlyMap<TaskId, TaskId> {
    const stands = new Map<TaskId, TaskId>();
    const byKey = new Map<string, NewTask>();
    for (const task of asked) {
      const { request } = task;
      if (request.idempotencyKey === null) continue;
      const twin = byKey.get(request.idempotencyKey);
      if (twin !== undefined)
        refuseOther(request, twin.request, twin.request.inputJson, twin.id);
      const known = twin?.id ?? this.#earlier(request)?.id;
      if (known === undefined) byKey.set(request.idempotencyKey, task);
      else stands.set(task.id, known);
    }
    return stands;
  }

  #refuseKnown(fresh: readonly NewTask[]): void {
    const seen = new Set<TaskId>();
    for (const { id } of fresh) {
      if (seen.has(id) || this.#parts.sql.row.get({ id }) !== null)
        throw new BalancerError(
          "INVALID_ARGUMENT",
          `there is a task ${quoted(id)} already`,
          { hint: "Give each task an id of its own; nothing was recorded." },
        );
      seen.add(id);
    }
  }

  #earlier(request: TaskRequest): TaskRow | null {
    if (request.idempotencyKey === null) return null;
    const row = this.#sql.byKey.get({ key: request.idempotencyKey });
    if (row === null) return null;
    const inputJson = unpackText(row.inputJson, `the input of ${row.id}`);
    refuseOther(request, row, inputJson, row.id);
    return row;
  }
}

/** One insert is all of it. */
const isPlain = ({ request, terms }: NewTask): boolean =>
  terms.holder !== null &&
  terms.queue === "pool" &&
  terms.delayMs <= 0 &&
  terms.maxAttempts === 1 &&
  terms.group === null &&
  request.after.length === 0;

const withParents = (
  task: NewTask,
  stands: ReadonlyMap<TaskId, TaskId>,
): NewTask =>
  stands.size === 0
    ? task
    : {
        ...task,
        request: {
          ...task.request,
          after: task.request.after.map(({ id, on }) => ({
            id: stands.get(id) ?? id,
            on,
          })),
        },
      };

/** Throws IDEMPOTENCY_CONFLICT. */
function refuseOther(
  request: TaskRequest,
  earlier: { readonly kind: string },
  inputJson: string,
  id: TaskId,
): void {
  if (earlier.kind === request.kind && inputJson === request.inputJson) return;
  throw new BalancerError(
    "IDEMPOTENCY_CONFLICT",
    `the idempotency_key was used for another ${earlier.kind} task (${id}) with a different input`,
    { hint: "Use a key of its own for each piece of work." },
  );
}
