/** One thing that is asked of both sides, as a command for fast-check: their answers are compared, and then what can be seen of them. */

import { expect } from "bun:test";
import type fc from "fast-check";
import { taskId, type TaskId } from "../../flow-balancer/core/ids.ts";
import type { Lease } from "../../flow-balancer/core/queue.ts";
import { answerOf, type Side } from "./queue-model-sides.ts";

export interface Sides {
  readonly subject: Side;
  readonly model: Side;
  steps: number;
  /** How often each answer was seen, so that nobody can say that nothing happened. */
  readonly seen: Map<string, number>;
}

/** A list takes ten times as long as all else; what went wrong shows in the next one. */
const LIST_EVERY = 4;

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

  async run(_: object, sides: Sides): Promise<void> {
    const { subject, model, seen } = sides;
    const live = await model.live();
    const answer = await answerOf(this.#act(subject, live));
    expectSame(answer, await answerOf(this.#act(model, live)));
    expectSame(await subject.look(), await model.look());
    sides.steps += 1;
    if (sides.steps % LIST_EVERY === 0) await expectSameTasks(sides);
    const what = `${this.#verb} ${JSON.stringify(answer)?.replaceAll(/[1-9]\d*/g, "n")}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
}

export async function expectSameTasks({
  subject,
  model,
}: Sides): Promise<void> {
  expectSame(await subject.lookAtTasks(), await model.lookAtTasks());
}

/** As `toEqual`, which takes longer than all else and is asked only for its words. */
function expectSame(subject: unknown, model: unknown): void {
  if (JSON.stringify(subject) !== JSON.stringify(model))
    expect(subject).toEqual(model);
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
