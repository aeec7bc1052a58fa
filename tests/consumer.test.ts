import { describe, expect, test } from "bun:test";
import { Consumer } from "../flow-balancer/consumer.ts";
import { holderId, taskId } from "../flow-balancer/core/ids.ts";
import type {
  Claimed,
  ClaimAsk,
  TaskQueue,
} from "../flow-balancer/core/queue.ts";
import { FakeEnv } from "./support/fake-env.ts";

/** A consumer of a queue that has `waiting` tasks, and what it did. */
function consuming(waiting: number, room = 2) {
  const env = new FakeEnv();
  const seen = {
    claims: [] as number[],
    whose: [] as (boolean | undefined)[],
    adopted: [] as string[],
    cancelled: [] as string[],
    looks: 0,
    errors: [] as string[],
  };
  const state = {
    ...{ waiting, room, isForeign: false, adoptThrows: "" },
    inSession: null as boolean | null,
  };
  /** How often each is yet to fail. */
  const failing = { claim: 0, cancelAsked: 0, changedElsewhere: 0 };
  const fails = (what: keyof typeof failing): void => {
    if (failing[what] === 0) return;
    failing[what]--;
    throw new Error(what);
  };
  const queue = {
    claim: async ({ max, inSession }: ClaimAsk) => {
      fails("claim");
      seen.whose.push(inSession);
      seen.claims.push(max);
      const taken = Math.min(max, state.waiting);
      const first = state.waiting;
      state.waiting -= taken;
      return Array.from(
        { length: taken },
        (_, n) =>
          ({ task: { id: taskId(String(first - n)) } }) as unknown as Claimed,
      );
    },
    cancelAsked: async () => {
      fails("cancelAsked");
      return [taskId("unwanted")];
    },
  } as unknown as TaskQueue;
  const consumer = new Consumer({
    env,
    queue,
    holder: holderId("me"),
    kinds: () => ["shell"],
    room: () => state.room,
    inSession: () => state.inSession,
    adopt: ({ task }) => {
      if (task.id === state.adoptThrows) throw new Error("no");
      seen.adopted.push(task.id);
      state.room--;
    },
    cancel: (id) => seen.cancelled.push(id),
    changedElsewhere: () => {
      fails("changedElsewhere");
      return state.isForeign;
    },
    onChanged: () => seen.looks++,
    onError: (thrown) => seen.errors.push(String(thrown)),
  });
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const beat = async (): Promise<void> => {
    env.advance(100);
    await settle();
  };
  return { consumer, state, failing, seen, beat, settle };
}

test("takes no more than it has room for, and the rest once there is room again", async () => {
  const { consumer, state, seen, settle } = consuming(3);
  consumer.nudge();
  await settle();
  expect(seen.adopted).toEqual(["task_3", "task_2"]);
  state.room = 1;
  consumer.roomAgain();
  await settle();
  expect(seen.adopted).toHaveLength(3);
});

test("reads nothing while nobody wrote, and all there is to know once somebody did", async () => {
  const { consumer, state, seen, beat, settle } = consuming(0);
  consumer.start();
  await beat();
  const { length } = seen.claims;
  for (let n = 0; n < 10; n++) await beat();
  expect(seen.claims).toHaveLength(length);
  expect(seen.looks).toBe(0);
  state.isForeign = true;
  state.waiting = 1;
  await beat();
  await settle();
  expect(seen).toMatchObject({
    adopted: ["task_1"],
    cancelled: ["task_unwanted"],
    looks: 1,
  });
  await consumer.stop();
});

test("asks only for those that could begin, and again once that is others", async () => {
  const { consumer, state, seen, beat } = consuming(0);
  state.inSession = false;
  consumer.start();
  for (let n = 0; n < 5; n++) await beat();
  expect(seen.whose).toEqual([false]);
  state.inSession = null;
  for (let n = 0; n < 5; n++) await beat();
  expect(seen.whose).toEqual([false, undefined]);
  await consumer.stop();
});

test("one task that cannot be taken on keeps none of the others from running", async () => {
  const { consumer, state, seen, settle } = consuming(2);
  state.adoptThrows = "task_2";
  consumer.nudge();
  await settle();
  expect(seen.adopted).toEqual(["task_1"]);
  expect(seen.errors).toEqual(["Error: no"]);
});

test("takes nothing more once it was stopped", async () => {
  const { consumer, seen, beat, settle } = consuming(5);
  consumer.start();
  await consumer.stop();
  consumer.nudge();
  await beat();
  await settle();
  expect(seen.adopted).toEqual([]);
});

describe("a store that fails", () => {
  test("is asked again with the next beat for what could not be claimed", async () => {
    const { consumer, failing, seen, beat } = consuming(1);
    failing.claim = 1;
    consumer.start();
    await beat();
    expect(seen).toMatchObject({ adopted: [], errors: ["Error: claim"] });
    await beat();
    expect(seen.adopted).toEqual(["task_1"]);
    await consumer.stop();
  });

  test("is asked again which tasks are unwanted, though nobody wrote since", async () => {
    const { consumer, state, failing, seen, beat } = consuming(0);
    consumer.start();
    await beat();
    failing.cancelAsked = 1;
    state.isForeign = true;
    await beat();
    state.isForeign = false;
    expect(seen.cancelled).toEqual([]);
    await beat();
    expect(seen).toMatchObject({ cancelled: ["task_unwanted"], looks: 1 });
    await consumer.stop();
  });

  test("is looked at again, though its counter could not be read", async () => {
    const { consumer, state, failing, seen, beat } = consuming(0);
    consumer.start();
    await beat();
    failing.changedElsewhere = 1;
    await beat();
    expect(seen.errors).toEqual(["Error: changedElsewhere"]);
    state.isForeign = true;
    await beat();
    expect(seen.cancelled).toEqual(["task_unwanted"]);
    await consumer.stop();
  });

  test("is left alone until the next beat, however often there is said to be something", async () => {
    const { consumer, state, failing, seen, beat, settle } = consuming(1);
    consumer.start();
    failing.cancelAsked = 50;
    state.isForeign = true;
    await beat();
    consumer.nudge();
    await settle();
    // The one of the beat, and that of the nudge.
    expect(seen.errors).toHaveLength(2);
    await consumer.stop();
  });
});

test("what another process wrote during a look is looked at after it", async () => {
  const { consumer, state, seen, beat } = consuming(0);
  consumer.start();
  consumer.nudge();
  state.isForeign = true;
  await beat();
  state.isForeign = false;
  await beat();
  expect(seen.cancelled).toEqual(["task_unwanted"]);
  await consumer.stop();
});
