/** Part of the queue's conformance suite: who holds a task, for how long, and whose word counts. */

import { expect, test } from "bun:test";
import {
  ANNE,
  BEN,
  CANCELLED,
  CLEO,
  DONE,
  end,
  FAILED,
  hold,
  LEASE_MS,
  put,
  stateOf,
  take,
  takeOne,
  type MakeQueue,
} from "./queue-rig.ts";

export function leaseTests(make: MakeQueue): void {
  test("of many settles of one attempt, one is accepted, and it is the one that is kept", async () => {
    const rig = make();
    const lease = await hold(rig, ANNE);
    const answers = await Promise.all(
      [1, 2, 3, 4].map((n) => rig.queue.settle(lease, end("completed", n))),
    );
    expect(answers.map(({ accepted }) => accepted)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect((await rig.queue.get(lease.id))!.result).toEqual(
      end("completed", 1).result,
    );
    const again = await rig.queue.settle(lease, FAILED);
    expect(again).toEqual({ accepted: false, released: [], ended: [] });
    expect(await stateOf(rig, lease.id)).toBe("completed");
  });

  test("what is claimed is nobody else's until it is given back", async () => {
    const rig = make();
    await put(rig);
    const [first, second] = await Promise.all([
      take(rig, ANNE),
      take(rig, BEN),
    ]);
    expect([first.length, second.length]).toEqual([1, 0]);
    expect(first[0]!.task).toMatchObject({
      holder: ANNE,
      state: "queued",
      attempt: 1,
    });
    expect(await rig.queue.held(ANNE)).toEqual([first[0]!.lease]);
    expect(await rig.queue.held(BEN)).toEqual([]);
    await rig.queue.release(first[0]!.lease);
    expect(await rig.queue.held(ANNE)).toEqual([]);
    expect(await take(rig, BEN)).toHaveLength(1);
  });

  test("fences grow with every claim, however the one before ended", async () => {
    const rig = make();
    const { id } = await put(rig, { terms: { maxAttempts: 9, backoffMs: 0 } });
    const fences: number[] = [];
    const claim = async (holder = ANNE) => {
      const lease = await takeOne(rig, holder, { leaseMs: LEASE_MS });
      fences.push(lease.fence);
      return lease;
    };
    await rig.queue.release(await claim());
    await rig.queue.retry(await claim(), FAILED);
    await claim();
    rig.env.advance(LEASE_MS);
    await rig.queue.sweep();
    await claim(BEN);
    await rig.queue.reclaim(BEN, { abandon: false });
    await rig.queue.settle(await claim(), FAILED);
    expect(await rig.queue.redrive(id)).toBe(true);
    await claim();
    expect(fences).toEqual([...new Set(fences)].toSorted((a, b) => a - b));
    expect(fences).toHaveLength(6);
  });

  test("whoever names an older fence changes nothing, whatever he asks", async () => {
    const rig = make();
    const { id } = await put(rig, { terms: { maxAttempts: 3 } });
    const old = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    rig.env.advance(LEASE_MS);
    await rig.queue.sweep();
    const check = async () => {
      const before = await rig.queue.get(id);
      expect(await rig.queue.started(old)).toBe(false);
      expect(await rig.queue.release(old)).toBe(false);
      expect(await rig.queue.extend([old], LEASE_MS)).toEqual(["lost"]);
      expect((await rig.queue.settle(old, DONE)).accepted).toBe(false);
      expect(await rig.queue.retry(old, FAILED)).toMatchObject({
        accepted: false,
        again: false,
      });
      expect(await rig.queue.get(id)).toEqual(before);
    };
    // While it is nobody's, while it is another's, even the same one's, and after its end.
    await check();
    const next = await takeOne(rig, BEN, { leaseMs: LEASE_MS });
    await check();
    await rig.queue.release(next);
    const last = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    await check();
    expect((await rig.queue.settle(last, DONE)).accepted).toBe(true);
    await check();
  });

  test("a lease runs out on the boot clock, and not a millisecond before", async () => {
    const rig = make();
    const { id } = await put(rig);
    await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    expect(await stateOf(rig, id)).toBe("running");
    rig.env.advance(LEASE_MS - 1);
    expect((await rig.queue.sweep()).expired).toBe(0);
    rig.env.advance(1);
    expect((await rig.queue.sweep()).expired).toBe(1);
    expect(await rig.queue.get(id)).toMatchObject({
      state: "queued",
      holder: null,
    });
    expect((await rig.queue.sweep()).expired).toBe(0);
    expect((await takeOne(rig, BEN)).attempt).toBe(2);
  });

  test("extending keeps a lease, also one that ran out unseen", async () => {
    const rig = make();
    await put(rig);
    const lease = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    for (let beat = 0; beat < 3; beat += 1) {
      rig.env.advance(LEASE_MS - 1);
      expect(await rig.queue.extend([lease], LEASE_MS)).toEqual(["held"]);
      expect((await rig.queue.sweep()).expired).toBe(0);
    }
    rig.env.advance(2 * LEASE_MS);
    expect(await rig.queue.extend([lease], LEASE_MS)).toEqual(["held"]);
    expect((await rig.queue.sweep()).expired).toBe(0);
    expect((await rig.queue.settle(lease, DONE)).accepted).toBe(true);
  });

  test("what is held for as long as its holder lives does not run out, even when extended", async () => {
    const rig = make();
    const lease = await hold(rig, ANNE);
    await put(rig);
    const claimed = await takeOne(rig, ANNE);
    expect(await rig.queue.extend([lease, claimed], 1)).toEqual([
      "held",
      "held",
    ]);
    rig.env.advance(100 * LEASE_MS);
    expect(await rig.queue.sweep()).toEqual({ expired: 0, due: 0 });
    expect((await rig.queue.settle(lease, DONE)).accepted).toBe(true);
    expect((await rig.queue.settle(claimed, DONE)).accepted).toBe(true);
  });

  test("one heartbeat for many leases answers in their order", async () => {
    const rig = make();
    for (let n = 0; n < 3; n += 1) await put(rig);
    const leases = (await take(rig, ANNE, { leaseMs: LEASE_MS })).map(
      ({ lease }) => lease,
    );
    await rig.queue.settle(leases[0]!, DONE);
    await rig.queue.cancel(leases[2]!.id, CANCELLED);
    expect(await rig.queue.extend(leases, LEASE_MS)).toEqual([
      "lost",
      "held",
      "cancel",
    ]);
    expect(await rig.queue.extend(leases.toReversed(), LEASE_MS)).toEqual([
      "cancel",
      "held",
      "lost",
    ]);
    expect(await rig.queue.extend([], LEASE_MS)).toEqual([]);
  });

  test("started is believed while the lease holds, and makes it running", async () => {
    const rig = make();
    const lease = await hold(rig, ANNE);
    rig.env.advance(5);
    expect(await stateOf(rig, lease.id)).toBe("queued");
    expect(await rig.queue.started(lease)).toBe(true);
    const now = rig.env.now();
    rig.env.advance(5);
    expect(await rig.queue.started(lease)).toBe(true);
    expect(await rig.queue.get(lease.id)).toMatchObject({
      state: "running",
      startedAt: now,
    });
    await rig.queue.settle(lease, DONE);
    expect(await rig.queue.get(lease.id)).toMatchObject({
      state: "completed",
      holder: null,
      startedAt: now,
      settledAt: rig.env.now(),
    });
    expect(await rig.queue.started(lease)).toBe(false);
  });

  test("a release gives the attempt back", async () => {
    const rig = make();
    const { id } = await put(rig, { terms: { maxAttempts: 1 } });
    for (const holder of [ANNE, BEN, CLEO]) {
      const lease = await takeOne(rig, holder, { leaseMs: LEASE_MS });
      expect(lease.attempt).toBe(1);
      expect(await rig.queue.release(lease)).toBe(true);
      expect(await rig.queue.get(id)).toMatchObject({
        state: "queued",
        holder: null,
        startedAt: null,
      });
    }
  });
}
