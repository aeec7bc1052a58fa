import { expect, test } from "bun:test";
import { holderId } from "../../flow-balancer/core/ids.ts";
import type { Lease } from "../../flow-balancer/core/queue.ts";
import type { TaskRecord } from "../../flow-balancer/core/task.ts";
import { wireError } from "../../flow-balancer/core/errors.ts";
import { PlainLease } from "../../flow-balancer/queue/plain-lease.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";

type UnderTest = ReturnType<typeof newQueue>;

const DONE = {
  result: resultOf("completed", 1),
  execution: null,
  startedAt: null,
  output: { text: "said", bytesSeen: 4, truncated: false },
};

async function recorded({ queue }: UnderTest): Promise<Lease> {
  const it = await queue.record(request({}), HELD);
  if (!it.isNew || it.lease === null) throw new Error("it is not held");
  return it.lease;
}

const readable = (task: TaskRecord | null): unknown =>
  JSON.parse(JSON.stringify({ ...task, id: null }));

const outcomes = ({ store }: UnderTest): unknown[] =>
  store.raw.query("SELECT * FROM outcomes").all();

test("who records a held task is told where it is; a copy of the lease says nothing of it", async () => {
  const lease = await recorded(newQueue());
  expect(PlainLease.factsOf(lease)).not.toBeNull();
  expect(PlainLease.factsOf({ ...lease })).toBeNull();
  expect(lease).toEqual({ ...lease });
});

test("a settle leaves the same behind, whether the lease knows the row or not", async () => {
  const [plain, other] = [newQueue(), newQueue()];
  const [lease, same] = [await recorded(plain), await recorded(other)];
  const settled = await plain.queue.settle(lease, DONE);
  expect(await other.queue.settle({ ...same }, DONE)).toEqual(settled);
  expect(settled.accepted).toBeTrue();
  expect(readable(await plain.queue.get(lease.id))).toEqual(
    readable(await other.queue.get(same.id)),
  );
  expect(await plain.queue.output(lease.id)).toEqual(
    await other.queue.output(same.id),
  );
  expect(outcomes(plain)).toEqual(outcomes(other));
  expect(await plain.queue.counts()).toEqual(await other.queue.counts());
});

test("a second settle changes nothing, though the lease knows the row", async () => {
  const at = newQueue();
  const lease = await recorded(at);
  await at.queue.settle(lease, DONE);
  const again = { ...DONE, result: resultOf("failed", 2) };
  expect((await at.queue.settle(lease, again)).accepted).toBeFalse();
  expect((await at.queue.get(lease.id))?.state).toBe("completed");
  expect(outcomes(at)).toHaveLength(1);
});

test("a settle under a lease that was lost changes nothing, though it knows the row", async () => {
  const at = newQueue();
  const lease = await recorded(at);
  await at.queue.release(lease);
  const [claimed] = await at.queue.claim({
    queue: "pool",
    holder: holderId("other"),
    max: 1,
    leaseMs: null,
  });
  expect(claimed?.lease.id).toBe(lease.id);
  expect((await at.queue.settle(lease, DONE)).accepted).toBeFalse();
  expect((await at.queue.get(lease.id))?.state).toBe("queued");
});

test("what came to hang on a task hears of its end", async () => {
  const at = newQueue();
  const lease = await recorded(at);
  const after = [{ id: lease.id, on: "success" as const }];
  const { task } = await at.queue.record(request({ after }), HELD);
  const settled = await at.queue.settle(lease, DONE);
  expect(settled).toEqual({ accepted: true, released: [task.id], ended: [] });
});

test("one that runs, or is to be cancelled, is settled all the same", async () => {
  const at = newQueue();
  const [running, unwanted] = [await recorded(at), await recorded(at)];
  await at.queue.started(running);
  await at.queue.cancel(unwanted.id, wireError("CANCELLED", "not wanted"));
  expect((await at.queue.settle(running, DONE)).accepted).toBeTrue();
  expect((await at.queue.settle(unwanted, DONE)).accepted).toBeTrue();
  expect(
    at.store.raw.query("SELECT seq FROM tasks WHERE cancel_asked = 1").all(),
  ).toEqual([]);
  const { completed, running: left } = await at.queue.counts();
  expect([completed, left]).toEqual([2, 0]);
});
