import { afterEach, expect, test } from "bun:test";
import { PLAIN_TERMS } from "../../flow-balancer/core/queue.ts";
import { request } from "../support/queue-under-test.ts";
import { ADA, item, LEASE_MS, newBoard, type Rig } from "./board-under-test.ts";

let rig: Rig;
let told: number;
afterEach(() => rig.close());

/** An item that ada has. */
async function claimed() {
  told = 0;
  rig = newBoard({ onReleased: () => told++ });
  await rig.add(item("work"));
  return (await rig.claim(ADA)).claimed!.item.id;
}

test("the pool is told of a task that came after a completed item, and of no other completion", async () => {
  const id = await claimed();
  await rig.queue.record(
    request({ after: [{ id, on: "success" }] }),
    PLAIN_TERMS,
  );
  await rig.complete(id, ADA);
  expect(told).toBe(1);
  await rig.add(item("more"));
  const more = (await rig.claim(ADA)).claimed!.item.id;
  await rig.complete(more, ADA);
  expect(told).toBe(1);
});

test("the pool is told when an item is given back, since its group may go on", async () => {
  const id = await claimed();
  await rig.update(id, ADA, { release: true });
  expect(told).toBe(1);
});

test("the pool is told of what a look at the board finds due, or left by a lease that ran out", async () => {
  await claimed();
  await rig.queue.record(request(), { ...PLAIN_TERMS, delayMs: 1_000 });
  await rig.status(ADA);
  expect(told).toBe(0);
  rig.env.advance(1_500);
  await rig.status(ADA);
  expect(told).toBe(1);
  rig.env.advance(LEASE_MS);
  await rig.status(ADA);
  expect(told).toBe(2);
});
