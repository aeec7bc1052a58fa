import { expect, test } from "bun:test";
import { BalancerError } from "../flow-balancer/core/errors.ts";
import type {
  Lease,
  Settlement,
  TaskQueue,
} from "../flow-balancer/core/ports.ts";
import { storeResult } from "../flow-balancer/store-result.ts";
import { FakeEnv } from "./support/fake-env.ts";

const settlement = { result: { status: "completed" } } as Settlement;

/** A queue that refuses so often, and how often it was asked. */
function refusing(times: number) {
  const env = new FakeEnv();
  let asked = 0;
  const queue = {
    settle: async () => {
      if (++asked <= times) throw new BalancerError("STORAGE_BUSY", "held");
      return true;
    },
  } as unknown as TaskQueue;
  const store = (isClosing: () => boolean) =>
    storeResult({} as Lease, settlement, { queue, env, isClosing });
  return { env, store, asked: () => asked };
}

test("a result that cannot be stored is tried again until it is", async () => {
  const { env, store, asked } = refusing(3);
  const stored = store(() => false);
  for (let n = 1; n <= 3; n++) {
    while (env.waiting === 0) await Promise.resolve();
    expect(asked()).toBe(n);
    env.advance(1_000);
  }
  expect(await stored).toBe(true);
  expect(asked()).toBe(4);
});

test("a server that closes gives up, and says that the task has run", async () => {
  const { store } = refusing(1);
  const outcome = await store(() => true).catch((thrown: unknown) => thrown);
  expect(outcome).toMatchObject({ code: "UNKNOWN_OUTCOME", retryable: false });
  expect(String(outcome)).toContain("the task ended completed");
});
