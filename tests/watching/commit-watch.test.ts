import { expect, test } from "bun:test";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import { CommitWatch } from "../../flow-balancer/watching/commit-watch.ts";
import { FakeEnv } from "../support/fake-env.ts";
import { newQueue } from "../support/queue-under-test.ts";

test("has the times of the last 30 to 60 seconds, to 0.1%", () => {
  const env = new FakeEnv();
  const watch = new CommitWatch(env);
  expect(watch.times()).toEqual({ n: 0, p50Ms: 0, p95Ms: 0, maxMs: 0 });
  for (let ms = 1; ms <= 100; ms++) watch.committed(ms);
  const { n, p50Ms, p95Ms, maxMs } = watch.times();
  expect(n).toBe(100);
  expect(Math.abs(p50Ms / 50 - 1)).toBeLessThan(0.001);
  expect(Math.abs(p95Ms / 95 - 1)).toBeLessThan(0.001);
  expect(Math.abs(maxMs / 100 - 1)).toBeLessThan(0.001);
  env.advance(30_000);
  watch.committed(7);
  expect(watch.times().n).toBe(101);
  env.advance(30_000);
  expect(watch.times()).toMatchObject({ n: 1 });
  env.advance(60_000);
  expect(watch.times().n).toBe(0);
});

test("adds up what the store refused, and forgets it ten seconds after the last", () => {
  const env = new FakeEnv();
  const watch = new CommitWatch(env);
  const full = new BalancerError("STORAGE_FULL", "the disk is full");
  expect(watch.refusals()).toBeNull();
  watch.refused(full, 2);
  env.advance(6_000);
  watch.refused(full, 1);
  env.advance(9_999);
  expect(watch.refusals()).toEqual({
    writes: 3,
    msAgo: 9_999,
    reason: "the disk is full",
  });
  env.advance(1);
  expect(watch.refusals()).toBeNull();
});

test("is told of writes that the store refused, not of those that were wrong", async () => {
  const { env, store } = newQueue();
  const watch = new CommitWatch(env);
  store.commit.watch(watch);
  const wrong = [
    () => {
      throw new BalancerError("NOT_FOUND", "no such task");
    },
    () => store.raw.run("INSERT INTO meta (key) VALUES ('no value')"),
  ];
  for (const write of wrong)
    expect(await store.commit.write(write).catch(String)).toBeString();
  expect(watch.refusals()).toBeNull();
  const pages = store.raw
    .query<{ page_count: number }, []>("PRAGMA page_count")
    .get()!.page_count;
  store.raw.run(`PRAGMA max_page_count = ${pages}`);
  const fill = () =>
    store.raw.run("INSERT INTO meta VALUES ('big', ?)", ["x".repeat(100_000)]);
  expect(await store.commit.write(fill).catch(String)).toMatch(/disk is full/);
  expect(watch.refusals()).toMatchObject({
    writes: 1,
    reason: "the disk is full",
  });
});
