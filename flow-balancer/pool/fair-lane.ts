/**
 * Waiting jobs of one priority. Sessions take turns by start-time fair queueing (Goyal, Vin and
 * Cheng 1996): a session's `pass` is the expected run time it was given so far, the lowest is
 * next, among equals the one served longest ago. Jobs of one session leave in the order they
 * came. Kinds at their limit and parked sessions are out of the order while they are.
 * Enqueue and removal O(1), O(log sessions) for the first of a session; a choice is a look at
 * two heap tops.
 */

import { ArrivalRate } from "./arrival-rate.ts";
import {
  append,
  Flow,
  KindLane,
  sinceOf,
  Turns,
  unlink,
  type WaitNode,
} from "./flow.ts";
import { MinHeap } from "./min-heap.ts";
import { Promises } from "./promises.ts";

/** So many for the sake of a deadline, then one in turn: or deadlines would starve those that have none. */
const URGENT_IN_A_ROW = 15;
/** Kinds without a job that are kept, since they come again. */
const KINDS_KEPT = 64;

export class FairLane<J> {
  readonly priority: number;
  size = 0;
  /** Expected run times of all that wait here and whose kind may run, ms. */
  workMs = 0;
  varianceMs2 = 0;
  readonly promises: Promises;
  readonly arrivals = new ArrivalRate();
  readonly #kinds = new Map<string, KindLane<J>>();
  readonly #fair = new MinHeap<KindLane<J>>();
  readonly #urgent = new MinHeap<KindLane<J>>();
  readonly #turns = new Map<string | null, Turns<J>>();
  /** Sessions with nothing waiting whose pass is ahead of the others'. */
  readonly #ahead = new MinHeap<Turns<J>>();
  /** Served one after another before their turn. */
  #urgentInARow = 0;
  /** The pass a newcomer starts with. */
  #virtual = 0;

  constructor(priority: number, servers: number) {
    this.priority = priority;
    this.promises = new Promises(servers);
  }

  /** Sessions with something waiting. */
  get sessions(): number {
    return this.#turns.size - this.#ahead.size;
  }

  kind(name: string): KindLane<J> | undefined {
    return this.#kinds.get(name);
  }

  /** What is served before a new job of the session: all it has here, and of each other session not more than that and one job, since they take turns. */
  workBefore(session: string | null, costMs: number): number {
    const own = Math.min(this.#turns.get(session)?.workMs ?? 0, this.workMs);
    const others = this.sessions - (own > 0 ? 1 : 0);
    return own + Math.min(this.workMs - own, others * (own + costMs));
  }

  add(node: WaitNode<J>, blocked: boolean, parked: boolean): Turns<J> {
    const { kind: name, session } = node.waiting;
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = new KindLane(name);
      this.#kinds.set(name, kind);
    }
    kind.blocked = blocked;
    const turns = this.#join(session, node.waiting.costMs, parked);
    let flow = turns.flows.get(name);
    if (flow === undefined) {
      flow = new Flow<J>(kind, turns);
      turns.flows.set(name, flow);
    }
    append(flow, node);
    if (node.promised !== null) this.promises.add(node.promised);
    this.size++;
    this.#count(flow, node, 1);
    if (flow.first === node || node.due?.at === 0) this.#place(flow);
    return turns;
  }

  /** `servedAt` null: it goes without having been served. */
  remove(node: WaitNode<J>, servedAt: number | null): void {
    const { flow } = node;
    if (flow === null) return;
    const { turns, kind } = flow;
    if (servedAt !== null) this.#noteTurn(node);
    const wasFirst = flow.first === node || node.due?.at === 0;
    unlink(flow, node);
    if (node.promised !== null) this.promises.remove(node.promised);
    this.size--;
    this.#count(flow, node, -1);
    if (flow.first === null) turns.flows.delete(kind.name);
    if (servedAt !== null) this.#charge(turns, node.waiting.costMs, servedAt);
    else if (wasFirst) this.#place(flow);
    if (flow.first === null) this.#place(flow);
    if (kind.size === 0 && this.#kinds.size > KINDS_KEPT)
      this.#kinds.delete(kind.name);
    if (turns.flows.size === 0) this.#ahead.put(turns.idle, turns.pass);
    this.#forget();
  }

  /** The next in turn; before it one that must start before `urgentUntil`. */
  next(urgentUntil: number): WaitNode<J> | null {
    const urgent = this.#urgent.peek();
    if (
      urgent !== undefined &&
      urgent.key <= urgentUntil &&
      this.#urgentInARow < URGENT_IN_A_ROW
    )
      return urgent.item.urgentFlows.peek()?.item.due?.peek()?.item ?? null;
    return this.#inTurn();
  }

  /** The same among the jobs of one kind. */
  nextOfKind(kind: string, urgentUntil: number): WaitNode<J> | null {
    const lane = this.#kinds.get(kind);
    if (lane === undefined || lane.blocked) return null;
    const urgent = lane.urgentFlows.peek();
    if (urgent !== undefined && urgent.key <= urgentUntil)
      return urgent.item.due?.peek()?.item ?? null;
    return lane.flows.peek()?.item.first ?? null;
  }

  block(name: string, blocked: boolean): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined || kind.blocked === blocked) return;
    const sign = blocked ? -1 : 1;
    this.workMs += sign * kind.workMs;
    this.varianceMs2 += sign * kind.varianceMs2;
    kind.blocked = blocked;
    this.#placeKind(kind);
  }

  park(turns: Turns<J>, parked: boolean): void {
    turns.parked = parked;
    for (const flow of turns.flows.values()) this.#place(flow);
  }

  #inTurn(): WaitNode<J> | null {
    return this.#fair.peek()?.item.flows.peek()?.item.first ?? null;
  }

  #noteTurn(node: WaitNode<J>): void {
    if (node.due === null || node === this.#inTurn()) this.#urgentInARow = 0;
    else this.#urgentInARow++;
  }

  #join(session: string | null, costMs: number, parked: boolean): Turns<J> {
    const known = this.#turns.get(session);
    if (known !== undefined && known.flows.size > 0) return known;
    // The virtual time may have run ahead of those who wait, but by no more than one job.
    const least = this.#fair.peek()?.key ?? this.#virtual;
    const pass = Math.min(this.#virtual, least + toMicros(costMs));
    if (known !== undefined) {
      this.#ahead.remove(known.idle);
      known.pass = Math.max(known.pass, pass);
      known.parked = parked;
      return known;
    }
    const turns = new Turns<J>(session, pass, parked);
    this.#turns.set(session, turns);
    return turns;
  }

  #charge(turns: Turns<J>, costMs: number, now: number): void {
    const cost = toMicros(costMs);
    this.#virtual = Math.max(this.#virtual, turns.pass);
    // Who comes once and leaves must move time on too, or a stream of such would starve the rest.
    if (turns.flows.size === 0)
      this.#virtual += Math.floor(cost / this.sessions);
    turns.pass += cost;
    turns.servedAt = now;
    for (const flow of turns.flows.values()) this.#place(flow);
  }

  /** What lies behind the virtual time would start there anyway. */
  #forget(): void {
    if (this.size === 0) {
      this.workMs = this.varianceMs2 = this.#virtual = 0;
      this.#urgentInARow = 0;
      for (const turns of this.#turns.values()) this.#ahead.remove(turns.idle);
      this.#turns.clear();
      return;
    }
    for (;;) {
      const least = this.#ahead.peek();
      if (least === undefined || least.key > this.#virtual) return;
      this.#ahead.remove(least);
      this.#turns.delete(least.item.session);
    }
  }

  #count({ kind, turns }: Flow<J>, node: WaitNode<J>, sign: 1 | -1): void {
    const { costMs, varianceMs2 } = node.waiting;
    kind.size += sign;
    kind.workMs += sign * costMs;
    kind.varianceMs2 += sign * varianceMs2;
    turns.workMs += sign * costMs;
    if (kind.size === 0) kind.workMs = kind.varianceMs2 = 0;
    if (kind.blocked) return;
    this.workMs += sign * costMs;
    this.varianceMs2 += sign * varianceMs2;
  }

  #place(flow: Flow<J>): void {
    const { kind, turns, first } = flow;
    if (first === null || turns.parked) {
      kind.flows.remove(flow.fair);
      kind.urgentFlows.remove(flow.urgent);
    } else {
      kind.flows.put(flow.fair, turns.pass, sinceOf(flow), first.serial);
      const due = flow.due?.peek();
      if (due === undefined) kind.urgentFlows.remove(flow.urgent);
      else kind.urgentFlows.put(flow.urgent, due.key, due.tie);
    }
    this.#placeKind(kind);
  }

  #placeKind(kind: KindLane<J>): void {
    const top = kind.blocked ? undefined : kind.flows.peek();
    if (top === undefined) this.#fair.remove(kind.fair);
    else this.#fair.put(kind.fair, top.key, top.tie, top.order);
    const due = kind.blocked ? undefined : kind.urgentFlows.peek();
    if (due === undefined) this.#urgent.remove(kind.urgent);
    else this.#urgent.put(kind.urgent, due.key, due.tie);
  }
}

/** Passes are whole microseconds, so that equal costs make equal passes. */
const toMicros = (ms: number): number => Math.round(ms * 1_000);
