/** A task as the in-memory queue keeps it: one object that changes, and what callers are shown of it. */

import type { HolderId, TaskId } from "../../flow-balancer/core/ids.ts";
import type { Env } from "../../flow-balancer/core/ports.ts";
import type {
  Lease,
  NewTask,
  Settlement,
  Terms,
} from "../../flow-balancer/core/queue.ts";
import type {
  DependencyOn,
  Execution,
  TaskOutput,
  TaskRecord,
  TaskRequest,
  TaskResult,
  TaskState,
} from "../../flow-balancer/core/task.ts";
import type { BootMs, EpochMs } from "../../flow-balancer/core/time.ts";

/** A moment to come, by the boot clock, and by the wall clock should the machine be restarted first. */
export interface Moment {
  readonly bootId: string;
  readonly boot: BootMs;
  readonly wall: EpochMs;
}

export interface MemoryTask {
  readonly seq: number;
  readonly id: TaskId;
  readonly request: TaskRequest;
  readonly terms: Terms;
  readonly submittedAt: EpochMs;
  /** Parents that have not ended, and how each has to. */
  readonly open: Map<TaskId, DependencyOn>;
  state: TaskState;
  attempt: number;
  fence: number;
  holder: HolderId | null;
  /** Null: held for as long as its holder lives. */
  leaseEnd: Moment | null;
  due: Moment | null;
  awaited: boolean;
  cancelAsked: boolean;
  deaths: number;
  startedAt: EpochMs | null;
  settledAt: EpochMs | null;
  execution: Execution | null;
  result: TaskResult | null;
  output: TaskOutput | null;
}

export const momentIn = (env: Env, ms: number): Moment => ({
  bootId: env.bootId,
  boot: (env.boot() + ms) as BootMs,
  wall: (env.now() + ms) as EpochMs,
});

/** `otherwise`: of a moment set before the machine was restarted. */
export function isPast(
  env: Env,
  moment: Moment | null,
  otherwise: (of: Moment) => boolean,
): boolean {
  if (moment === null) return false;
  if (moment.bootId !== env.bootId) return otherwise(moment);
  return env.boot() >= moment.boot;
}

export const newMemoryTask = (
  env: Env,
  seq: number,
  { id, request, terms }: NewTask,
): MemoryTask => ({
  seq,
  id,
  request,
  terms,
  submittedAt: env.now(),
  open: new Map(),
  state: "queued",
  attempt: 0,
  fence: 0,
  holder: null,
  leaseEnd: null,
  due: terms.delayMs > 0 ? momentIn(env, terms.delayMs) : null,
  awaited: terms.awaited,
  cancelAsked: false,
  deaths: 0,
  startedAt: null,
  settledAt: null,
  execution: null,
  result: null,
  output: null,
});

/** Nobody's, and nothing but its group is in its way. */
export const isReady = (task: MemoryTask): boolean =>
  task.state === "queued" &&
  task.holder === null &&
  task.open.size === 0 &&
  task.due === null;

export function mayTryAgain(task: MemoryTask, { result }: Settlement): boolean {
  if (task.attempt >= task.terms.maxAttempts || task.cancelAsked) return false;
  return result.status !== "completed";
}

/** Before the next attempt, ms: doubled for each one, and spread so that those that failed together do not come back together. */
export function pauseOf({ id, attempt, terms }: MemoryTask): number {
  const share = Number(Bun.hash(`${id}/${attempt}`) % 1_000n) / 1_000;
  return Math.round(terms.backoffMs * 2 ** (attempt - 1) * (1 + share / 2));
}

/** It is its holder's no more, whatever becomes of it next. */
export function takeAway(task: MemoryTask): void {
  task.holder = null;
  task.leaseEnd = null;
  task.fence += 1;
}

export function requeue(task: MemoryTask): void {
  takeAway(task);
  task.state = "queued";
  task.startedAt = null;
}

/** As it was before it was ever tried. */
export function makeAnew(task: MemoryTask): void {
  task.state = "queued";
  task.due = null;
  task.attempt = 0;
  task.deaths = 0;
  task.cancelAsked = false;
  task.awaited = false;
  task.startedAt = null;
  task.settledAt = null;
  task.execution = null;
  task.result = null;
  task.output = null;
}

export function keepSettlement(
  task: MemoryTask,
  { result, execution, startedAt, output }: Settlement,
  now: EpochMs,
): void {
  task.open.clear();
  task.state = result.status;
  task.result = result;
  task.settledAt = now;
  task.startedAt = startedAt ?? task.startedAt;
  task.execution = execution;
  task.output = output !== null && output.bytesSeen > 0 ? output : null;
  task.holder = null;
  task.leaseEnd = null;
}

export const leaseOf = ({ id, attempt, fence }: MemoryTask): Lease => ({
  id,
  attempt,
  fence,
});

export const recordOf = (task: MemoryTask): TaskRecord => {
  const { request } = task;
  return {
    id: task.id,
    queue: task.terms.queue,
    holder: task.holder,
    kind: request.kind,
    inputJson: request.inputJson,
    session: request.session,
    priority: request.priority,
    timeoutMs: request.timeoutMs,
    deadlineMs: request.deadlineMs,
    after: request.after,
    state: task.state,
    attempt: task.attempt,
    submittedAt: task.submittedAt,
    startedAt: task.startedAt,
    settledAt: task.settledAt,
    execution: task.execution,
    result: task.result,
  };
};
