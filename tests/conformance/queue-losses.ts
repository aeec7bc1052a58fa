/** Part of the queue's conformance suite: holders that die, and machines that restart. */

import { expect, test } from "bun:test";
import type { HolderId } from "../../flow-balancer/core/ids.ts";
import {
  ANNE,
  BEN,
  CLEO,
  DONE,
  errorOf,
  FAILED,
  hold,
  LEASE_MS,
  put,
  stateOf,
  take,
  takenIds,
  takeOne,
  type MakeQueue,
} from "./queue-rig.ts";

const NONE = { requeued: 0, unknown: 0, poisoned: 0, abandoned: 0 };
const STAY = { abandon: false };

export function lossTests(make: MakeQueue): void {
  test("everything a dead holder had goes back to the queue, and nobody else's", async () => {
    const rig = make();
    const plain = await hold(rig, ANNE);
    await rig.queue.started(plain);
    await put(rig);
    await put(rig);
    const leased = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    const other = await takeOne(rig, BEN);
    expect(await rig.queue.reclaim(ANNE, STAY)).toEqual({
      ...NONE,
      requeued: 2,
    });
    expect(await rig.queue.reclaim(ANNE, STAY)).toEqual(NONE);
    expect(await rig.queue.held(ANNE)).toEqual([]);
    expect(await rig.queue.held(BEN)).toEqual([other]);
    expect(await rig.queue.get(plain.id)).toMatchObject({
      state: "queued",
      holder: null,
      startedAt: null,
    });
    // It comes back late, with a result.
    for (const lease of [plain, leased]) {
      expect((await rig.queue.settle(lease, DONE)).accepted).toBe(false);
      expect((await rig.queue.retry(lease, FAILED)).accepted).toBe(false);
    }
    const again = await take(rig, CLEO);
    expect(again.map(({ task, lease }) => [task.id, lease.attempt])).toEqual([
      [plain.id, 2],
      [leased.id, 2],
    ]);
    expect((await rig.queue.settle(plain, DONE)).accepted).toBe(false);
    expect((await rig.queue.settle(again[0]!.lease, DONE)).accepted).toBe(true);
  });

  test("a death is no failure of the task: it is tried again even on its last attempt", async () => {
    const rig = make();
    const { id } = await hold(rig, ANNE, { terms: { maxAttempts: 1 } });
    await rig.queue.reclaim(ANNE, STAY);
    const lease = await takeOne(rig, BEN);
    expect(await rig.queue.retry(lease, FAILED)).toMatchObject({
      accepted: true,
      again: false,
    });
    expect(await stateOf(rig, id)).toBe("failed");
  });

  test("what must not run twice is not run again once it may have started", async () => {
    const rig = make();
    const runsOnce = { terms: { runsOnce: true } };
    const started = await hold(rig, ANNE, runsOnce);
    await rig.queue.started(started);
    const waiting = await hold(rig, ANNE, runsOnce);
    await put(rig, runsOnce);
    const leased = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    expect(await rig.queue.reclaim(ANNE, STAY)).toEqual({
      ...NONE,
      requeued: 1,
      unknown: 2,
    });
    for (const { id } of [started, leased])
      expect([await stateOf(rig, id), await errorOf(rig, id)]).toEqual([
        "unknown_outcome",
        "UNKNOWN_OUTCOME",
      ]);
    expect(await takenIds(rig, BEN, { leaseMs: LEASE_MS })).toEqual([
      waiting.id,
    ]);
    expect((await rig.queue.settle(started, DONE)).accepted).toBe(false);
    rig.env.advance(LEASE_MS);
    expect((await rig.queue.sweep()).expired).toBe(1);
    expect([
      await stateOf(rig, waiting.id),
      await errorOf(rig, waiting.id),
    ]).toEqual(["unknown_outcome", "UNKNOWN_OUTCOME"]);
    // Whoever knows what became of it may say so.
    expect(await rig.queue.redrive(started.id)).toBe(true);
    expect(await takenIds(rig, BEN)).toEqual([started.id]);
  });

  test("a task under which three holders died is poisoned; a redrive forgets them", async () => {
    const rig = make();
    const { id } = await put(rig);
    const dies = async (holder: HolderId) => {
      await rig.queue.started(await takeOne(rig, holder));
      return rig.queue.reclaim(holder, STAY);
    };
    for (let round = 0; round < 2; round += 1) {
      expect(await dies(ANNE)).toEqual({ ...NONE, requeued: 1 });
      // One that only gave it back is no death, nor is one that said no more.
      await rig.queue.release(await takeOne(rig, CLEO));
      await takeOne(rig, CLEO, { leaseMs: LEASE_MS });
      rig.env.advance(LEASE_MS);
      await rig.queue.sweep();
      expect(await dies(BEN)).toEqual({ ...NONE, requeued: 1 });
      expect(await dies(ANNE)).toEqual({ ...NONE, poisoned: 1 });
      expect([await stateOf(rig, id), await errorOf(rig, id)]).toEqual([
        "poisoned",
        "POISONED",
      ]);
      expect(await rig.queue.redrive(id)).toBe(true);
    }
  });

  test("what only its dead holder waited for is ended if asked so, unless it was told to others", async () => {
    const rig = make();
    const awaited = { terms: { awaited: true } };
    const alone = await hold(rig, ANNE, awaited);
    const told = await hold(rig, ANNE, awaited);
    const plain = await hold(rig, ANNE);
    const once = await hold(rig, ANNE, {
      terms: { awaited: true, runsOnce: true },
    });
    await rig.queue.started(once);
    await rig.queue.told([told.id]);
    expect(await rig.queue.reclaim(ANNE, { abandon: true })).toEqual({
      requeued: 2,
      unknown: 1,
      poisoned: 0,
      abandoned: 1,
    });
    expect([
      await stateOf(rig, alone.id),
      await errorOf(rig, alone.id),
    ]).toEqual(["cancelled", "CANCELLED"]);
    expect(await takenIds(rig, BEN)).toEqual([told.id, plain.id]);
    expect(await stateOf(rig, once.id)).toBe("unknown_outcome");
    const kept = await hold(rig, CLEO, awaited);
    expect(await rig.queue.reclaim(CLEO, STAY)).toEqual({
      ...NONE,
      requeued: 1,
    });
    expect(await takenIds(rig, BEN)).toEqual([kept.id]);
  });

  test("wherever the wall clock goes, leases and delays go by the machine's own", async () => {
    const rig = make();
    const { id } = await put(rig);
    const late = await put(rig, { terms: { delayMs: LEASE_MS } });
    const lease = await takeOne(rig, ANNE, { leaseMs: LEASE_MS });
    for (const hours of [2, -1, 12, -400_000]) {
      rig.env.skewMs = hours * 3_600_000;
      expect(await rig.queue.sweep()).toEqual({ expired: 0, due: 0 });
      expect(await rig.queue.extend([lease], LEASE_MS)).toEqual(["held"]);
    }
    rig.env.advance(LEASE_MS);
    expect(await rig.queue.sweep()).toEqual({ expired: 1, due: 1 });
    expect((await takenIds(rig, BEN)).toSorted()).toEqual(
      [id, late.id].toSorted(),
    );
  });

  test("after a restart of the machine leases are over, and delays go on by the wall clock", async () => {
    const rig = make();
    await put(rig);
    const lease = await takeOne(rig, ANNE, { leaseMs: 1_000 * LEASE_MS });
    const late = await put(rig, { terms: { delayMs: LEASE_MS } });
    rig.env.restartMachine();
    const queue = rig.reopen();
    expect(await queue.sweep()).toEqual({ expired: 1, due: 0 });
    expect((await queue.settle(lease, DONE)).accepted).toBe(false);
    rig.env.advance(LEASE_MS - 1);
    expect(await queue.sweep()).toEqual({ expired: 0, due: 0 });
    rig.env.advance(1);
    expect(await queue.sweep()).toEqual({ expired: 0, due: 1 });
    expect(await takenIds({ ...rig, queue }, BEN)).toEqual([lease.id, late.id]);
  });
}
