/** The rules of the wait queue over one list, which is sorted anew at every question: slow, and plain to check. */

import type { WaitNode } from "../../flow-balancer/pool/flow.ts";

export class WaitQueueReference {
  readonly #servers: number;
  readonly #ageMs: number;

  readonly nodes: WaitNode<string>[] = [];
  readonly blocked = new Set<string>();
  readonly parked = new Set<string | null>();
  readonly #lanes = new Map<
    number,
    {
      virtual: number;
      sessions: Map<string | null, { pass: number; servedAt: number }>;
      urgentInARow: number;
    }
  >();

  constructor(servers: number, ageMs: number) {
    this.#servers = servers;
    this.#ageMs = ageMs;
  }

  add(node: WaitNode<string>): void {
    const { priority, session, costMs } = node.waiting;
    const lane = this.#lane(priority);
    if (this.#of(priority, session).length === 0) {
      const least = Math.min(
        ...this.#runnable(priority).map(
          ({ waiting }) => lane.sessions.get(waiting.session)!.pass,
        ),
      );
      const pass = Math.min(
        lane.virtual,
        (least === Infinity ? lane.virtual : least) + costMs * 1_000,
      );
      const old = lane.sessions.get(session);
      lane.sessions.set(session, {
        pass: Math.max(old?.pass ?? pass, pass),
        servedAt: old?.servedAt ?? -Infinity,
      });
    }
    this.nodes.push(node);
  }

  leave(node: WaitNode<string>, servedAt: number | null): void {
    const { priority, session, costMs } = node.waiting;
    const lane = this.#lane(priority);
    const waiting = new Set(this.#inLane(priority).map(sessionOf)).size;
    if (servedAt !== null)
      lane.urgentInARow =
        node.due === null || node === this.#inTurn(priority)
          ? 0
          : lane.urgentInARow + 1;
    this.nodes.splice(this.nodes.indexOf(node), 1);
    const own = lane.sessions.get(session)!;
    if (servedAt !== null) {
      lane.virtual = Math.max(lane.virtual, own.pass);
      if (this.#of(priority, session).length === 0)
        lane.virtual += Math.floor((costMs * 1_000) / waiting);
      own.pass += costMs * 1_000;
      own.servedAt = servedAt;
    }
    const left = this.#inLane(priority);
    if (left.length === 0) this.#lanes.delete(priority);
    for (const [name, { pass }] of lane.sessions)
      if (!left.some((one) => sessionOf(one) === name) && pass <= lane.virtual)
        lane.sessions.delete(name);
    if (this.nodes.every((one) => sessionOf(one) !== session))
      this.parked.delete(session);
  }

  next(now: number, lookAheadMs: number): WaitNode<string> | null {
    const best = [...this.#lanes.keys()]
      .sort((a, b) => b - a)
      .flatMap((priority) => this.#nextIn(priority, now, lookAheadMs) ?? [])
      .map((node) => ({
        node,
        pressure: this.#since(node) - node.waiting.priority * this.#ageMs,
      }))
      .sort((a, b) => a.pressure - b.pressure)[0];
    return best?.node ?? null;
  }

  #nextIn(
    priority: number,
    now: number,
    lookAheadMs: number,
  ): WaitNode<string> | undefined {
    const runnable = this.#runnable(priority);
    const promised = this.#inLane(priority)
      .filter(({ waiting }) => waiting.hopelessAt < Infinity)
      .sort(byDue);
    let before = 0;
    let room = Infinity;
    for (const { waiting } of promised) {
      const span = waiting.latestStartAt - now - lookAheadMs;
      room = Math.min(room, this.#servers * span - before);
      before += waiting.costMs;
    }
    const until = room <= 0 ? Infinity : now + lookAheadMs;
    const urgent = runnable
      .filter(
        ({ waiting }) =>
          waiting.latestStartAt <= until && waiting.latestStartAt < Infinity,
      )
      .sort(byDue)[0];
    if (urgent !== undefined && this.#lane(priority).urgentInARow < 15)
      return urgent;
    return this.#inTurn(priority);
  }

  #inTurn(priority: number): WaitNode<string> | undefined {
    const pass = (node: WaitNode<string>) =>
      this.#lane(priority).sessions.get(sessionOf(node))!.pass;
    return this.#runnable(priority).sort(
      (a, b) =>
        pass(a) - pass(b) ||
        this.#since(a) - this.#since(b) ||
        a.serial - b.serial,
    )[0];
  }

  #since(node: WaitNode<string>): number {
    const { priority, session, kind } = node.waiting;
    const head = this.#of(priority, session).find(
      ({ waiting }) => waiting.kind === kind,
    )!;
    return Math.max(
      head.waiting.enqueuedAt,
      this.#lane(priority).sessions.get(session)!.servedAt,
    );
  }

  #lane(priority: number) {
    const lane = this.#lanes.get(priority) ?? {
      virtual: 0,
      sessions: new Map(),
      urgentInARow: 0,
    };
    this.#lanes.set(priority, lane);
    return lane;
  }

  #inLane(priority: number): WaitNode<string>[] {
    return this.nodes.filter(({ waiting }) => waiting.priority === priority);
  }

  #of(priority: number, session: string | null): WaitNode<string>[] {
    return this.#inLane(priority).filter((one) => sessionOf(one) === session);
  }

  #runnable(priority: number): WaitNode<string>[] {
    return this.#inLane(priority).filter(
      (one) =>
        !this.blocked.has(one.waiting.kind) && !this.parked.has(sessionOf(one)),
    );
  }
}

const sessionOf = ({ waiting }: WaitNode<string>) => waiting.session;
const byDue = (a: WaitNode<string>, b: WaitNode<string>) =>
  a.waiting.latestStartAt - b.waiting.latestStartAt || a.serial - b.serial;
