/**
 * Jobs that wait for a worker. Order: priority first, raised by one for each `ageMs` that the next
 * of a session has waited since its session was last served, so that nothing waits for ever; within
 * a priority sessions take turns (fair-lane.ts), but a job that must start now to meet its deadline
 * goes first. What cannot run is not looked at: a kind at its limit is blocked, a session that
 * waits for its own worker is parked. `next` costs O(priorities in use), at most 21.
 */

import { FairLane } from "./fair-lane.ts";
import { firstOf, sinceOf, WaitNode, type Turns } from "./flow.ts";
import { MinHeap } from "./min-heap.ts";
import type { Demand } from "./promises.ts";
import type { WaitingJob } from "./waiting-job.ts";

/** One priority level for each 30 s: after 10 minutes the lowest goes before the highest. */
const DEFAULT_AGE_MS = 30_000;

/** Work a new job has before it. */
export interface Backlog {
  readonly workMs: number;
  readonly varianceMs2: number;
  /** The part of `workMs` that has a higher priority. */
  readonly higherMs: number;
  /** Workers that what comes with a higher priority keeps busy: they are not there for this one. */
  readonly higherWorkers: number;
}

interface SessionEntry<J> {
  parked: boolean;
  size: number;
  /** Where it may have jobs, by priority. */
  readonly turns: Map<number, Turns<J>>;
}

export class WaitQueue<J> {
  readonly #servers: number;
  readonly #ageMs: number;
  /** Highest priority first; lanes stay once made, there are at most 21. */
  #lanes: FairLane<J>[] = [];
  readonly #sessions = new Map<string | null, SessionEntry<J>>();
  readonly #blockedKinds = new Set<string>();
  readonly #kindSizes = new Map<string, number>();
  readonly #hopeless = new MinHeap<WaitNode<J>>();
  #serial = 0;
  #size = 0;

  /** `servers`: tasks that can run at once, when all workers are there. */
  constructor(servers: number, ageMs = DEFAULT_AGE_MS) {
    this.#servers = servers;
    this.#ageMs = ageMs;
  }

  get size(): number {
    return this.#size;
  }

  /** When `expired` will have something; Infinity: never, as things are. */
  get nextExpiryAt(): number {
    return this.#hopeless.peek()?.key ?? Number.POSITIVE_INFINITY;
  }

  /** Keep what it returns on the job: it is what `take` and `remove` want. */
  enqueue(waiting: WaitingJob<J>): WaitNode<J> {
    const node = new WaitNode(waiting, this.#serial++);
    const { session, kind, priority } = waiting;
    let entry = this.#sessions.get(session);
    if (entry === undefined) {
      entry = { parked: false, size: 0, turns: new Map() };
      this.#sessions.set(session, entry);
    }
    const blocked = this.#blockedKinds.has(kind);
    const lane = this.#lane(priority);
    const turns = lane.add(node, blocked, entry.parked);
    lane.arrivals.arrived(waiting.costMs, waiting.enqueuedAt);
    entry.turns.set(priority, turns);
    entry.size++;
    this.#size++;
    this.#kindSizes.set(kind, (this.#kindSizes.get(kind) ?? 0) + 1);
    if (node.hopeless !== null)
      this.#hopeless.put(node.hopeless, waiting.hopelessAt, node.serial);
    return node;
  }

  /** It goes to a worker: its session has had its turn. */
  take(node: WaitNode<J>, now: number): void {
    this.#leave(node, now);
  }

  /** It goes unserved (cancelled, expired). False if it was not waiting. */
  remove(node: WaitNode<J>): boolean {
    return this.#leave(node, null);
  }

  /**
   * Whom a worker without a session should serve; null if nobody who waits can run. What must start
   * within `lookAheadMs` (about the time until the next worker is free) goes first in its priority.
   */
  next(now: number, lookAheadMs = 0): WaitNode<J> | null {
    let best: WaitNode<J> | null = null;
    for (const lane of this.#lanes)
      if (lane.size > 0)
        best = this.#older(
          best,
          lane.next(urgentUntil(lane, now, lookAheadMs)),
        );
    return best;
  }

  /** Whom a worker that is kept for one kind should serve. */
  nextOfKind(kind: string, now: number, lookAheadMs = 0): WaitNode<J> | null {
    let best: WaitNode<J> | null = null;
    for (const lane of this.#lanes)
      if (lane.size > 0)
        best = this.#older(
          best,
          lane.nextOfKind(kind, urgentUntil(lane, now, lookAheadMs)),
        );
    return best;
  }

  /** Whom a worker of the session should serve, parked or not; `onlyKind` null: any kind. O(priorities and kinds the session waits with). */
  nextOfSession(
    session: string | null,
    onlyKind: string | null,
    now: number,
    lookAheadMs = 0,
  ): WaitNode<J> | null {
    let best: WaitNode<J> | null = null;
    for (const [priority, turns] of this.#sessions.get(session)?.turns ?? []) {
      const until = urgentUntil(this.#lane(priority), now, lookAheadMs);
      best = this.#older(best, firstOf(turns, onlyKind, until));
    }
    return best;
  }

  /** The first of each session that `mayRun`, kind and priority that may run, parked or not, the most pressing first: for whoever must pass some over. O(all of those). */
  heads(mayRun: (session: string | null) => boolean): WaitNode<J>[] {
    const heads: WaitNode<J>[] = [];
    for (const [session, { turns }] of this.#sessions) {
      if (!mayRun(session)) continue;
      for (const { flows } of turns.values())
        for (const { first, kind } of flows.values())
          if (first !== null && !kind.blocked) heads.push(first);
    }
    return heads.sort(
      (a, b) => this.#pressure(a) - this.#pressure(b) || a.serial - b.serial,
    );
  }

  /** Of the session, or of none. */
  sizeOf(session: string | null): number {
    return this.#sessions.get(session)?.size ?? 0;
  }

  /** A kind that has as many running as it may: its jobs are out of the order until it is unblocked. */
  setKindBlocked(kind: string, blocked: boolean): void {
    if (this.#blockedKinds.has(kind) === blocked) return;
    if (blocked) this.#blockedKinds.add(kind);
    else this.#blockedKinds.delete(kind);
    for (const lane of this.#lanes) lane.block(kind, blocked);
  }

  /** A session that waits for its own worker: `next` does not see it, `nextOfSession` does. Ends by itself when nothing of it waits. */
  setSessionParked(session: string | null, parked: boolean): void {
    const entry = this.#sessions.get(session);
    if (entry === undefined || entry.parked === parked) return;
    entry.parked = parked;
    for (const [priority, turns] of entry.turns)
      this.#lane(priority).park(turns, parked);
  }

  /** Takes out and returns one job that cannot meet its deadline any more. Call until null. */
  expired(now: number): WaitNode<J> | null {
    const top = this.#hopeless.peek();
    if (top === undefined || top.key >= now) return null;
    this.remove(top.item);
    return top.item;
  }

  kindSize(kind: string): number {
    return this.#kindSizes.get(kind) ?? 0;
  }

  /** The same as `backlog`, among the jobs of one kind, blocked or not: for a kind with a limit. */
  kindBacklog(kind: string, priority: number): Backlog {
    let workMs = 0;
    let varianceMs2 = 0;
    for (const lane of this.#lanes) {
      if (lane.priority < priority) break;
      const ofKind = lane.kind(kind);
      workMs += ofKind?.workMs ?? 0;
      varianceMs2 += ofKind?.varianceMs2 ?? 0;
    }
    return { workMs, varianceMs2, higherMs: 0, higherWorkers: 0 };
  }

  /**
   * What would be served before a new job of this priority and session, kinds that are blocked not
   * counted. Ageing of lower priorities is not foreseen. O(priorities in use).
   */
  backlog(
    priority: number,
    session: string | null,
    costMs: number,
    now: number,
  ): Backlog {
    let workMs = 0;
    let varianceMs2 = 0;
    let higherMs = 0;
    let higherWorkers = 0;
    for (const lane of this.#lanes) {
      if (lane.priority < priority) break;
      const isHigher = lane.priority > priority;
      if (isHigher) higherWorkers += lane.arrivals.workers(now);
      if (lane.size === 0 || lane.workMs <= 0) continue;
      const aheadMs = isHigher ? lane.workMs : lane.workBefore(session, costMs);
      workMs += aheadMs;
      if (isHigher) higherMs += aheadMs;
      varianceMs2 += lane.varianceMs2 * (aheadMs / lane.workMs);
    }
    return { workMs, varianceMs2, higherMs, higherWorkers };
  }

  /** What has been promised to jobs of this priority, as one finds it that must start by a moment. O(log n). */
  demand(priority: number, by: number, now: number): Demand {
    return (
      this.#lanes
        .find((lane) => lane.priority === priority)
        ?.promises.demand(by, now) ?? { beforeMs: 0, roomMs: Infinity }
    );
  }

  /** Every waiting job, in no useful order; for the end of a pool. */
  *[Symbol.iterator](): Generator<WaitNode<J>> {
    const nodes: WaitNode<J>[] = [];
    for (const { turns } of this.#sessions.values())
      for (const { flows } of turns.values())
        for (const { first } of flows.values())
          for (let node = first; node !== null; node = node.next)
            nodes.push(node);
    yield* nodes;
  }

  #leave(node: WaitNode<J>, servedAt: number | null): boolean {
    if (node.flow === null) return false;
    const { kind, session, priority } = node.waiting;
    this.#lane(priority).remove(node, servedAt);
    if (node.hopeless !== null) this.#hopeless.remove(node.hopeless);
    this.#size--;
    const ofKind = this.kindSize(kind) - 1;
    if (ofKind === 0) this.#kindSizes.delete(kind);
    else this.#kindSizes.set(kind, ofKind);
    const entry = this.#sessions.get(session);
    if (entry === undefined) return true;
    entry.size--;
    if (entry.turns.get(priority)?.flows.size === 0)
      entry.turns.delete(priority);
    if (entry.size === 0) this.#sessions.delete(session);
    return true;
  }

  #lane(priority: number): FairLane<J> {
    const known = this.#lanes.find((lane) => lane.priority === priority);
    if (known !== undefined) return known;
    const lane = new FairLane<J>(priority, this.#servers);
    this.#lanes = [...this.#lanes, lane].sort(
      (a, b) => b.priority - a.priority,
    );
    return lane;
  }

  /** The more pressing of two; `a` has the higher priority and wins a tie. */
  #older(a: WaitNode<J> | null, b: WaitNode<J> | null): WaitNode<J> | null {
    if (a === null || b === null) return a ?? b;
    const forA = this.#pressure(a);
    const forB = this.#pressure(b);
    return forB < forA ||
      (forB === forA && b.waiting.priority > a.waiting.priority)
      ? b
      : a;
  }

  /** The moment at which it would have come with priority 0: the order does not change with time. */
  #pressure({ flow, waiting }: WaitNode<J>): number {
    return flow === null
      ? Number.POSITIVE_INFINITY
      : sinceOf(flow) - waiting.priority * this.#ageMs;
  }
}

/** All deadlines are urgent once there is no room left between them. */
const urgentUntil = (
  lane: FairLane<unknown>,
  now: number,
  lookAheadMs: number,
): number =>
  lane.promises.roomMs(now + lookAheadMs) <= 0 ? Infinity : now + lookAheadMs;
