import { expect, test } from "bun:test";
import type { Engine } from "../flow-balancer/core/engine.ts";
import {
  LazyEngine,
  type RunningEngine,
  type Watching,
} from "../flow-balancer/lazy-engine.ts";

const RUNNING: RunningEngine = {
  engine: {} as Engine,
  close: () => Promise.resolve(),
};

test("watching starts the engine once, for all who ask", async () => {
  const watching = {} as Watching;
  let starts = 0;
  const lazy = new LazyEngine(() => {
    starts++;
    return Promise.resolve({
      ...RUNNING,
      watching: () => Promise.resolve(watching),
    });
  });
  expect(await Promise.all([lazy.watching(), lazy.watching()])).toEqual([
    watching,
    watching,
  ]);
  expect(await lazy.engine()).toBe(RUNNING.engine);
  expect(starts).toBe(1);
});

test("an engine that does not watch itself says so, and works", async () => {
  const lazy = new LazyEngine(() => Promise.resolve(RUNNING));
  await expect(lazy.watching()).rejects.toMatchObject({
    code: "NOT_AVAILABLE",
  });
  expect(await lazy.engine()).toBe(RUNNING.engine);
});

test("one that could not start is tried again by the next who asks", async () => {
  let starts = 0;
  const lazy = new LazyEngine(() =>
    ++starts === 1
      ? Promise.reject(new Error("no disk"))
      : Promise.resolve(RUNNING),
  );
  await expect(lazy.watching()).rejects.toThrow("no disk");
  expect(await lazy.engine()).toBe(RUNNING.engine);
});

test("one that is prepared and cannot start is said, not only to who asks later", async () => {
  const lazy = new LazyEngine(() => Promise.reject(new Error("no disk")));
  const { promise, resolve } = Promise.withResolvers<unknown>();
  lazy.prepare(resolve);
  expect(await promise).toEqual(new Error("no disk"));
  await expect(lazy.engine()).rejects.toThrow("no disk");
});

test("once it is closed, nobody starts it any more", async () => {
  let starts = 0;
  const lazy = new LazyEngine(() => {
    starts++;
    return Promise.resolve(RUNNING);
  });
  await lazy.close(0);
  await expect(lazy.watching()).rejects.toMatchObject({
    code: "SHUTTING_DOWN",
  });
  expect(starts).toBe(0);
});
