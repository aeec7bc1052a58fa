/**
 * The parts of a lane of the wait queue (fair-lane.ts): jobs in a list for each session and kind,
 * and what is in the heaps that order those lists.
 */

import { HeapEntry, MinHeap } from "./min-heap.ts";
import { Promised } from "./promises.ts";
import type { WaitingJob } from "./waiting-job.ts";

/** A job in the queue: its place in the list of its flow, and in the heaps of deadlines. */
export class WaitNode<J> {
  readonly waiting: WaitingJob<J>;
  readonly serial: number;
  /** Null once it left the queue. */
  flow: Flow<J> | null = null;
  previous: WaitNode<J> | null = null;
  next: WaitNode<J> | null = null;
  /** Only for a job with a deadline. */
  readonly due: HeapEntry<WaitNode<J>> | null;
  readonly hopeless: HeapEntry<WaitNode<J>> | null;
  readonly promised: Promised | null;

  constructor(waiting: WaitingJob<J>, serial: number) {
    this.waiting = waiting;
    this.serial = serial;
    const { latestStartAt: by, hopelessAt, costMs } = waiting;
    const isPromised = hopelessAt < Infinity;
    this.due = by < Infinity ? new HeapEntry<WaitNode<J>>(this) : null;
    this.hopeless = isPromised ? new HeapEntry<WaitNode<J>>(this) : null;
    this.promised = isPromised ? new Promised(by, costMs, serial) : null;
  }
}

/** Jobs of one kind, session and priority, first come first served. */
export class Flow<J> {
  readonly kind: KindLane<J>;
  readonly turns: Turns<J>;
  first: WaitNode<J> | null = null;
  last: WaitNode<J> | null = null;
  readonly fair = new HeapEntry<Flow<J>>(this);
  readonly urgent = new HeapEntry<Flow<J>>(this);
  /** By latest start; made with the first that has one. */
  due: MinHeap<WaitNode<J>> | null = null;

  constructor(kind: KindLane<J>, turns: Turns<J>) {
    this.kind = kind;
    this.turns = turns;
  }
}

/** One session's turns in one lane. */
export class Turns<J> {
  readonly session: string | null;
  readonly flows = new Map<string, Flow<J>>();
  readonly idle = new HeapEntry<Turns<J>>(this);
  pass: number;
  servedAt = Number.NEGATIVE_INFINITY;
  workMs = 0;
  parked: boolean;

  constructor(session: string | null, pass: number, parked: boolean) {
    this.session = session;
    this.pass = pass;
    this.parked = parked;
  }
}

/** Jobs of one kind in one lane. */
export class KindLane<J> {
  readonly name: string;
  readonly flows = new MinHeap<Flow<J>>();
  readonly urgentFlows = new MinHeap<Flow<J>>();
  readonly fair = new HeapEntry<KindLane<J>>(this);
  readonly urgent = new HeapEntry<KindLane<J>>(this);
  workMs = 0;
  varianceMs2 = 0;
  size = 0;
  blocked = false;

  constructor(name: string) {
    this.name = name;
  }
}

/** Since when it waits for its turn: its first job came, or its session was served. */
export const sinceOf = <J>({ first, turns }: Flow<J>): number =>
  Math.max(first?.waiting.enqueuedAt ?? 0, turns.servedAt);

/** Whom a worker of the session should serve; `onlyKind` null: any kind. O(kinds the session waits with). */
export function firstOf<J>(
  turns: Turns<J>,
  onlyKind: string | null,
  urgentUntil: number,
): WaitNode<J> | null {
  let first: WaitNode<J> | null = null;
  let urgent: WaitNode<J> | null = null;
  for (const flow of turns.flows.values()) {
    if (flow.kind.blocked) continue;
    if (onlyKind !== null && flow.kind.name !== onlyKind) continue;
    if (first === null || (flow.first?.serial ?? Infinity) < first.serial)
      first = flow.first;
    const due = flow.due?.peek()?.item ?? null;
    if (
      latestStart(due) <= urgentUntil &&
      latestStart(due) < latestStart(urgent)
    )
      urgent = due;
  }
  return urgent ?? first;
}

const latestStart = <J>(node: WaitNode<J> | null): number =>
  node?.waiting.latestStartAt ?? Infinity;

export function append<J>(flow: Flow<J>, node: WaitNode<J>): void {
  node.flow = flow;
  node.previous = flow.last;
  if (flow.last === null) flow.first = node;
  else flow.last.next = node;
  flow.last = node;
  if (node.due !== null)
    (flow.due ??= new MinHeap()).put(
      node.due,
      node.waiting.latestStartAt,
      node.serial,
    );
}

export function unlink<J>(flow: Flow<J>, node: WaitNode<J>): void {
  if (node.previous === null) flow.first = node.next;
  else node.previous.next = node.next;
  if (node.next === null) flow.last = node.previous;
  else node.next.previous = node.previous;
  node.previous = node.next = node.flow = null;
  if (node.due !== null) flow.due?.remove(node.due);
}
