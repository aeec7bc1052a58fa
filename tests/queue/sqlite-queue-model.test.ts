import { expect, test } from "bun:test";
import fc from "fast-check";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { Lease } from "../../flow-balancer/core/queue.ts";
import {
  TASK_STATES,
  TERMINAL_STATES,
  type TaskRecord,
  type TaskRequest,
  type TaskResult,
  type TaskState,
  type TerminalState,
} from "../../flow-balancer/core/task.ts";
import { SqliteQueue } from "../../flow-balancer/queue/sqlite-queue.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";
import { FakeEnv } from "../support/fake-env.ts";

/** What the queue promises, said plainly: a list of tasks, each with a state and at most one result. */
interface Model {
  tasks: {
    request: TaskRequest;
    state: TaskState;
    result: TaskResult | null;
  }[];
}
interface Real {
  env: FakeEnv;
  queue: SqliteQueue;
  leases: Lease[];
}
/** Stored another way than what is short. */
const LONG = JSON.stringify({ text: "a line of it\n".repeat(400) });

type Command = fc.AsyncCommand<Model, Real>;

class Record implements Command {
  constructor(
    readonly kind: string,
    readonly inputJson: string,
    readonly key: string | null,
  ) {}
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    const asked = request({
      kind: this.kind,
      inputJson: this.inputJson,
      idempotencyKey: this.key,
    });
    const earlier = model.tasks.findIndex(
      ({ request }) => this.key !== null && request.idempotencyKey === this.key,
    );
    const twin = model.tasks[earlier]?.request;
    if (
      twin !== undefined &&
      (twin.kind !== this.kind || twin.inputJson !== this.inputJson)
    ) {
      expect(
        await real.queue
          .record(asked, HELD)
          .catch((thrown: BalancerError) => thrown.code),
      ).toBe("IDEMPOTENCY_CONFLICT" as never);
      return;
    }
    const recorded = await real.queue.record(asked, HELD);
    expect(recorded.isNew).toBe(twin === undefined);
    if (!recorded.isNew) {
      expect(recorded.task.id).toBe(real.leases[earlier]!.id);
      expect(recorded.task.state).toBe(model.tasks[earlier]!.state);
      return;
    }
    const { lease } = recorded;
    if (lease === null) throw new Error("not held");
    real.leases.push(lease);
    model.tasks.push({ request: asked, state: "queued", result: null });
    expect(recorded.task).toEqual((await real.queue.get(lease.id))!);
  }
  toString = (): string =>
    `record(${this.kind}, ${this.inputJson.slice(0, 20)}, ${this.key})`;
}

/** `stale`: with a lease that an earlier or a later holder would have. */
const leaseOf = (real: Real, at: number, stale: number): Lease => {
  const lease = real.leases[at]!;
  return { ...lease, fence: lease.fence + stale };
};

class Started implements Command {
  constructor(
    readonly at: number,
    readonly stale: number,
  ) {}
  check = (model: Model): boolean => model.tasks.length > 0;
  async run(model: Model, real: Real): Promise<void> {
    const at = this.at % model.tasks.length;
    const task = model.tasks[at]!;
    const accepted =
      this.stale === 0 && (task.state === "queued" || task.state === "running");
    expect(await real.queue.started(leaseOf(real, at, this.stale))).toBe(
      accepted,
    );
    if (accepted) task.state = "running";
  }
  toString = (): string => `started(${this.at}, stale ${this.stale})`;
}

class Settle implements Command {
  constructor(
    readonly at: number,
    readonly stale: number,
    readonly status: TerminalState,
    readonly n: number,
  ) {}
  check = (model: Model): boolean => model.tasks.length > 0;
  async run(model: Model, real: Real): Promise<void> {
    const at = this.at % model.tasks.length;
    const task = model.tasks[at]!;
    const result = resultOf(this.status, this.n);
    const accepted =
      this.stale === 0 && (task.state === "queued" || task.state === "running");
    const output = {
      text: `text ${this.n}`,
      bytesSeen: this.n,
      truncated: this.n > 5,
    };
    expect(
      await real.queue.settle(leaseOf(real, at, this.stale), {
        result: result,
        execution: null,
        startedAt: null,
        output: output,
      }),
    ).toEqual({ accepted, released: [], ended: [] });
    if (!accepted) return;
    task.state = this.status;
    task.result = result;
    expect(await real.queue.output(real.leases[at]!.id)).toEqual(
      this.n === 0 ? null : output,
    );
  }
  toString = (): string =>
    `settle(${this.at}, stale ${this.stale}, ${this.status}, ${this.n})`;
}

class Look implements Command {
  check = (): boolean => true;
  async run(model: Model, real: Real): Promise<void> {
    const counts = Object.fromEntries(
      TASK_STATES.map((state) => [
        state,
        model.tasks.filter((task) => task.state === state).length,
      ]),
    );
    expect(await real.queue.counts()).toEqual(counts as never);
    const listed: TaskRecord[] = [];
    for (let before: number | undefined; ;) {
      const page = await real.queue.list({ limit: 3, before });
      listed.push(...page.tasks);
      if (page.next === null) break;
      before = page.next;
    }
    expect(
      listed.map(({ id, state, result }) => ({ id, state, result })).reverse(),
    ).toEqual(
      model.tasks.map(({ state, result }, at) => ({
        id: real.leases[at]!.id,
        state,
        result,
      })),
    );
  }
  toString = (): string => "look";
}

test("whatever is asked in whatever order, it is what the plain model says: one row a task, one result a task", async () => {
  const at = fc.nat(20);
  const stale = fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 1) },
  );
  const commands = fc.commands(
    [
      fc
        .tuple(
          fc.constantFrom("shell", "script"),
          fc.constantFrom("{}", '{"a":1}', LONG),
          fc.option(fc.constantFrom("k1", "k2"), { freq: 2 }),
        )
        .map((of) => new Record(...of)),
      fc.tuple(at, stale).map((of) => new Started(...of)),
      fc
        .tuple(at, stale, fc.constantFrom(...TERMINAL_STATES), fc.nat(9))
        .map((of) => new Settle(...of)),
      fc.constant(new Look()),
    ],
    { maxCommands: 60, size: "+2" },
  );
  let settled = 0;
  await fc.assert(
    fc.asyncProperty(commands, async (run) => {
      const { env, queue, store } = newQueue();
      const model: Model = { tasks: [] };
      await fc.asyncModelRun(
        () => ({ model, real: { env, queue, leases: [] } }),
        run,
      );
      settled += model.tasks.filter(({ result }) => result !== null).length;
      store.raw.close();
    }),
    { numRuns: 60 },
  );
  // The runs were about something.
  expect(settled).toBeGreaterThan(50);
}, 30_000);
