/** Part of the queue's conformance suite: what is shown of the tasks. */

import { expect, test } from "bun:test";
import {
  sessionId,
  taskId,
  workerId,
  type TaskId,
} from "../../flow-balancer/core/ids.ts";
import type { ListFilter } from "../../flow-balancer/core/queue.ts";
import {
  isTerminal,
  TASK_STATES,
  TERMINAL_STATES,
  type Execution,
} from "../../flow-balancer/core/task.ts";
import {
  ANNE,
  CANCELLED,
  DONE,
  end,
  FAILED,
  hold,
  put,
  takeOne,
  type MakeQueue,
  type QueueRig,
} from "./queue-rig.ts";

const ranFor = (runMs: number): Execution => ({
  tier: "warm",
  worker: workerId(1),
  waitMs: 1,
  startMs: 2,
  runMs,
});

/** Page by page, as far as it goes. */
async function listed(
  { queue }: QueueRig,
  filter: ListFilter,
): Promise<TaskId[]> {
  const found: TaskId[] = [];
  for (let before: number | undefined; ;) {
    const page = await queue.list({ ...filter, before });
    expect(page.tasks.length).toBeLessThanOrEqual(filter.limit);
    found.push(...page.tasks.map(({ id }) => id));
    if (page.next === null) return found;
    before = page.next;
  }
}

export function viewTests(make: MakeQueue): void {
  test("lists are newest first, page by page, without a gap or a double", async () => {
    const rig = make();
    const made: TaskId[] = [];
    for (let n = 0; n < 7; n += 1) made.unshift((await put(rig)).id);
    for (const limit of [1, 2, 7, 100])
      expect(await listed(rig, { limit })).toEqual(made);
    const first = await rig.queue.list({ limit: 3 });
    made.unshift((await put(rig)).id);
    const second = await rig.queue.list({ limit: 3, before: first.next! });
    expect([...first.tasks, ...second.tasks].map(({ id }) => id)).toEqual(
      made.slice(1, 7),
    );
    expect((await rig.queue.list({ limit: 8 })).next).toBe(null);
  });

  test("lists by state, session, kind, queue and time, and by all of them", async () => {
    const rig = make();
    const session = sessionId("s");
    const old = await put(rig, { kind: "a", session });
    rig.env.advance(1_000);
    const ended = await put(rig, { kind: "a", session });
    const board = await put(rig, { kind: "a", terms: { queue: "board" } });
    const other = await put(rig, { kind: "b", session });
    await rig.queue.cancel(ended.id, CANCELLED);
    const of = (filter: Partial<ListFilter>) =>
      listed(rig, { ...filter, limit: 2 });
    expect(await of({ state: "cancelled" })).toEqual([ended.id]);
    expect(await of({ state: "queued" })).toEqual([other.id, board.id, old.id]);
    expect(await of({ session })).toEqual([other.id, ended.id, old.id]);
    expect(await of({ kind: "a" })).toEqual([board.id, ended.id, old.id]);
    expect(await of({ queue: "board" })).toEqual([board.id]);
    expect(await of({ queue: "pool" })).toEqual([other.id, ended.id, old.id]);
    expect(await of({ since: other.submittedAt })).toEqual([
      other.id,
      board.id,
      ended.id,
    ]);
    expect(
      await of({
        session,
        kind: "a",
        queue: "pool",
        state: "queued",
        since: old.submittedAt,
      }),
    ).toEqual([old.id]);
    expect(await of({ session: sessionId("none") })).toEqual([]);
  });

  test("of many tasks those that ended are known at one look, and no others", async () => {
    const rig = make();
    const [open, done, failed] = [
      await hold(rig, ANNE),
      await hold(rig, ANNE),
      await hold(rig, ANNE),
    ];
    await rig.queue.settle(done, DONE);
    await rig.queue.settle(failed, FAILED);
    const asked = [open.id, done.id, failed.id, taskId("nowhere"), taskId("'")];
    expect((await rig.queue.ended(asked)).toSorted()).toEqual(
      [done.id, failed.id].toSorted(),
    );
    expect(await rig.queue.ended([])).toEqual([]);
  });

  test("counts say what lists say, through every kind of change", async () => {
    const rig = make();
    const check = async () => {
      const counts = await rig.queue.counts();
      for (const state of TASK_STATES)
        expect([state, counts[state]]).toEqual([
          state,
          (await listed(rig, { state, limit: 100 })).length,
        ]);
    };
    await check();
    for (const status of TERMINAL_STATES) {
      const lease = await hold(rig, ANNE);
      await check();
      await rig.queue.started(lease);
      await check();
      await rig.queue.settle(lease, end(status));
      await check();
      if (status === "completed") continue;
      await rig.queue.redrive(lease.id);
      await check();
      await rig.queue.cancel(lease.id, CANCELLED);
      await check();
    }
    expect(await rig.queue.counts()).toMatchObject({
      completed: 1,
      cancelled: 5,
      queued: 0,
    });
    await put(rig, { terms: { maxAttempts: 2, backoffMs: 0 } });
    await rig.queue.retry(await takeOne(rig, ANNE, { leaseMs: 1 }), FAILED);
    await check();
    await rig.queue.started(await takeOne(rig, ANNE));
    await rig.queue.reclaim(ANNE, { abandon: false });
    await check();
    await takeOne(rig, ANNE, { leaseMs: 1 });
    rig.env.advance(1);
    await rig.queue.sweep();
    await check();
  });

  test("run times are those of completed tasks of the kind that ran, the last to end first", async () => {
    const rig = make();
    const run = async (kind: string, n: number) => ({
      lease: await hold(rig, ANNE, { kind }),
      n,
    });
    const runs = [
      await run("a", 1),
      await run("a", 2),
      await run("b", 3),
      await run("a", 4),
    ];
    for (const { lease, n } of [runs[3]!, runs[0]!, runs[2]!, runs[1]!])
      await rig.queue.settle(lease, { ...DONE, execution: ranFor(n * 1.5) });
    await rig.queue.settle((await run("a", 5)).lease, {
      ...FAILED,
      execution: ranFor(5),
    });
    await rig.queue.settle((await run("a", 6)).lease, DONE);
    expect(await rig.queue.runTimes("a", 10)).toEqual([3, 1.5, 6]);
    expect(await rig.queue.runTimes("a", 2)).toEqual([3, 1.5]);
    expect(await rig.queue.runTimes("b", 2)).toEqual([4.5]);
    expect(await rig.queue.runTimes("c", 2)).toEqual([]);
  });

  test("a result, its run and its output are kept as they were told", async () => {
    const rig = make();
    const long = JSON.stringify("a line of it\n".repeat(1_000));
    for (const status of TERMINAL_STATES)
      for (const valueJson of ["null", long]) {
        const lease = await hold(rig, ANNE, { inputJson: long });
        const startedAt = rig.env.now();
        rig.env.advance(3);
        const { result } = end(status);
        const settlement = {
          result: { ...result, valueJson },
          execution: { ...ranFor(7), deaths: 1 },
          startedAt,
          output: {
            text: `printed ${long}`,
            bytesSeen: 99_999,
            truncated: true,
          },
        };
        await rig.queue.settle(lease, settlement);
        const task = (await rig.queue.get(lease.id))!;
        expect(isTerminal(task.state)).toBe(true);
        expect(task).toMatchObject({
          inputJson: long,
          result: settlement.result,
          execution: settlement.execution,
          startedAt,
          settledAt: rig.env.now(),
        });
        expect(await rig.queue.output(lease.id)).toEqual(settlement.output);
      }
    const silent = await hold(rig, ANNE);
    await rig.queue.settle(silent, {
      ...DONE,
      output: { text: "", bytesSeen: 0, truncated: false },
    });
    expect(await rig.queue.output(silent.id)).toBe(null);
    expect(await rig.queue.get(taskId("nowhere"))).toBe(null);
    expect(await rig.queue.output(taskId("nowhere"))).toBe(null);
  });
}
