/** One thing that is asked of both sides, as a command for fast-check: their answers are compared, and then all that can be seen of them. */

import { expect } from "bun:test";
import type fc from "fast-check";
import { taskId, type TaskId } from "../../flow-balancer/core/ids.ts";
import type { Lease } from "../../flow-balancer/core/queue.ts";
import { answerOf, type Side } from "./queue-model-sides.ts";

export interface Sides {
  readonly subject: Side;
  readonly model: Side;
  /** How often each answer was seen, so that nobody can say that nothing happened. */
  readonly seen: Map<string, number>;
}

/** `live`: the leases that hold, as the model has it. */
export type Act = (side: Side, live: readonly number[]) => Promise<unknown>;

export class Step implements fc.AsyncCommand<object, Sides> {
  readonly #verb: string;
  readonly #details: readonly unknown[];
  readonly #act: Act;

  constructor(verb: string, details: readonly unknown[], act: Act) {
    this.#verb = verb;
    this.#details = details;
    this.#act = act;
  }

  check = (): boolean => true;
  toString = (): string =>
    [this.#verb, ...this.#details.map((one) => JSON.stringify(one))].join(" ");

  async run(_: object, { subject, model, seen }: Sides): Promise<void> {
    const live = await model.live();
    const answer = await answerOf(this.#act(subject, live));
    expect(answer).toEqual((await answerOf(this.#act(model, live))) as never);
    expect(await subject.look()).toEqual(await model.look());
    const what = `${this.#verb} ${JSON.stringify(answer)?.replaceAll(/[1-9]\d*/g, "n")}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
}

/** A lease by its place among those that hold, or among all there ever were. */
export interface Whose {
  readonly n: number;
  readonly old: boolean;
}

export const idAt = (side: Side, n: number): TaskId =>
  side.ids[side.ids.length - 1 - (n % Math.max(1, side.ids.length))] ??
  taskId("nowhere");

export function leaseOf(
  { leases }: Side,
  live: readonly number[],
  { n, old }: Whose,
): Lease {
  const among = old || live.length === 0 ? [...leases.keys()] : live;
  const nobodys = { id: taskId("nowhere"), attempt: 1, fence: 1 };
  return leases[among[n % among.length] ?? 0] ?? nobodys;
}
