/**
 * What comes after what: rows of `dependencies` for parents that are still open, released or ended as
 * those end. A row also stays where a task ended for the sake of a parent: by it a redrive of the parent
 * finds what to bring back. Every walk keeps its own list, so that no chain is too long.
 */

import { BalancerError } from "../core/errors.ts";
import { dependencyEnd, verdictOf } from "../core/dependency-end.ts";
import { distinctDependencies } from "../core/dependency-list.ts";
import type { TaskId } from "../core/ids.ts";
import type { Env } from "../core/ports.ts";
import { quoted } from "../core/quoted.ts";
import {
  isTerminal,
  type Dependency,
  type TaskState,
  type TerminalState,
} from "../core/task.ts";
import type { Store } from "../store/database.ts";
import { prepareGraph, type Parent } from "./graph-statements.ts";
import type { Tallies } from "./tallies.ts";

export interface Ended {
  readonly seq: number;
  readonly id: TaskId;
  readonly state: TaskState;
}

/** What an end led to. */
export interface Consequences {
  readonly released: TaskId[];
  readonly ended: TaskId[];
}

/** Of a task with its parents looked at. */
export type Linked = "free" | "waits" | "ended";

export class TaskGraph {
  readonly #env: Env;
  readonly #tallies: Tallies;
  readonly #sql: ReturnType<typeof prepareGraph>;

  constructor(store: Store, env: Env, tallies: Tallies) {
    this.#env = env;
    this.#tallies = tallies;
    this.#sql = prepareGraph(store);
  }

  /** Of a task that was just written. Throws NOT_FOUND, and INVALID_ARGUMENT as `distinctDependencies`. */
  link(task: Ended, after: readonly Dependency[]): Linked {
    const parents = distinctDependencies(after).map(({ id, on }) => {
      const parent = this.#sql.parent.get({ id });
      if (parent === null)
        throw new BalancerError(
          "NOT_FOUND",
          `there is no task ${quoted(id)} to come after`,
          { hint: "Check the id; nothing was recorded." },
        );
      return { ...parent, on };
    });
    const culprit = this.#culprit(parents);
    if (culprit === null)
      return this.#tie(task.seq, parents) === 0 ? "free" : "waits";
    this.#endFor(task, culprit);
    this.follow({
      ...task,
      state: dependencyEnd(culprit.id, culprit.state).status,
    });
    return "ended";
  }

  /** Tells those that come after it of a task's end. */
  follow(first: Ended): Consequences {
    const told: Consequences = { released: [], ended: [] };
    const parents = [first];
    // Grows while it is walked.
    for (const parent of parents)
      for (const child of this.#sql.children.all({ parent: parent.seq })) {
        if (isTerminal(child.state)) continue;
        if (verdictOf(child.on, parent.state) === "met") {
          this.#sql.untie.run({ task: child.seq, parent: parent.seq });
          const left = this.#sql.countDown.get({ seq: child.seq });
          if (left?.pending === 0 && left.dueBoot === null)
            told.released.push(child.id);
        } else {
          const state = this.#endFor(child, parent);
          told.ended.push(child.id);
          if (child.hasDependants === 1)
            parents.push({ seq: child.seq, id: child.id, state });
        }
      }
    return told;
  }

  /** Whether one that has ended could run: what it comes after has ended as it should, or is open. */
  canRun(after: readonly Dependency[]): boolean {
    return this.#culprit(this.#parentsOf(after)) === null;
  }

  /** Ties one that was put back to those of its parents that are open. */
  tieAgain(seq: number, after: readonly Dependency[]): void {
    this.#sql.untieAll.run({ task: seq });
    this.#tie(seq, this.#parentsOf(after));
  }

  /** Whoever ended for the sake of this one. */
  endedFor(seq: number): readonly number[] {
    return this.#sql.children
      .all({ parent: seq })
      .flatMap((child) => (isTerminal(child.state) ? [child.seq] : []));
  }

  /** It has ended by itself: it waits for nobody. */
  forget(seq: number): void {
    this.#sql.untieAll.run({ task: seq });
  }

  /** Still impossible, but for another's sake: the redrive of that one is to find it. */
  blame(seq: number, after: readonly Dependency[]): void {
    const culprit = this.#culprit(this.#parentsOf(after));
    if (culprit === null) return;
    this.#sql.untieAll.run({ task: seq });
    this.#sql.tie.run({ task: seq, parent: culprit.seq, on: culprit.on });
    this.#sql.tell.run({ seq: culprit.seq });
  }

  /** What was archived since had ended as it should have, or its child would not be worth asking for. */
  #parentsOf(after: readonly Dependency[]): (Parent & Dependency)[] {
    return distinctDependencies(after).flatMap(({ id, on }) => {
      const parent = this.#sql.parent.get({ id });
      return parent === null ? [] : [{ ...parent, on }];
    });
  }

  #culprit<P extends Parent & Dependency>(parents: readonly P[]): P | null {
    return (
      parents.find(({ on, state }) => verdictOf(on, state) === "never") ?? null
    );
  }

  /** How many it waits for. */
  #tie(seq: number, parents: readonly (Parent & Dependency)[]): number {
    const open = parents.filter(({ state }) => !isTerminal(state));
    for (const parent of open) {
      this.#sql.tie.run({ task: seq, parent: parent.seq, on: parent.on });
      if (parent.hasDependants === 0) this.#sql.tell.run({ seq: parent.seq });
    }
    this.#sql.setPending.run({ seq, pending: open.length });
    return open.length;
  }

  /** Ends a task that never ran, and keeps the row that says for whose sake. */
  #endFor(task: Ended, parent: Ended & Partial<Dependency>): TerminalState {
    const { status, error } = dependencyEnd(parent.id, parent.state);
    this.#sql.endUnrun.run({
      seq: task.seq,
      state: status,
      settledAt: this.#env.now(),
      errorJson: JSON.stringify(error),
    });
    this.#tallies.move("queued", status);
    this.#sql.untieOthers.run({ task: task.seq, parent: parent.seq });
    if (parent.on !== undefined) {
      this.#sql.tie.run({ task: task.seq, parent: parent.seq, on: parent.on });
      this.#sql.tell.run({ seq: parent.seq });
    }
    return status;
  }
}
