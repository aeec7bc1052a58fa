import { expect, test } from "bun:test";
import { untilAborted } from "../../flow-balancer/core/until-aborted.ts";

test("the value, if it comes first; null, if the signal does or did", async () => {
  const abort = new AbortController();
  expect(await untilAborted(Promise.resolve(1), abort.signal)).toBe(1);
  const waiting = untilAborted(new Promise<number>(() => {}), abort.signal);
  abort.abort();
  expect(await waiting).toBeNull();
  expect(await untilAborted(Promise.resolve(1), abort.signal)).toBeNull();
});

test("a rejection passes; after the signal it is nobody's, and ends nothing", async () => {
  expect(
    untilAborted(
      Promise.reject(new Error("mine")),
      new AbortController().signal,
    ),
  ).rejects.toThrow("mine");
  const abort = new AbortController();
  const { promise, reject } = Promise.withResolvers<void>();
  const waiting = untilAborted(promise, abort.signal);
  abort.abort();
  expect(await waiting).toBeNull();
  reject(new Error("late"));
  await Promise.resolve();
});

test("leaves no listener behind", async () => {
  let listeners = 0;
  const { signal } = new AbortController();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...of: Parameters<typeof add>) => (
    listeners++,
    add(...of)
  );
  signal.removeEventListener = (...of: Parameters<typeof remove>) => (
    listeners--,
    remove(...of)
  );
  for (let n = 0; n < 5; n++) await untilAborted(Promise.resolve(n), signal);
  expect(listeners).toBe(0);
});
