import { expect, test } from "bun:test";
import { WorkerMemory } from "../../flow-balancer/watching/worker-memory.ts";
import { FakeEnv } from "../support/fake-env.ts";

test("a process is measured once in 3 s, and forgotten when nobody asks for it", async () => {
  const env = new FakeEnv();
  const asked: number[] = [];
  const memory = new WorkerMemory({
    env,
    memoryOf: async (pid) => {
      asked.push(pid);
      if (pid === 3) throw new Error("gone");
      return pid === 2 ? null : 1.5;
    },
  });
  const first = await memory.of([1, 2, 3, 1]);
  expect([...first]).toEqual([
    [1, 1_572_864],
    [2, null],
    [3, null],
  ]);
  env.advance(2_999);
  await memory.of([1]);
  expect(asked).toEqual([1, 2, 3]);
  env.advance(1);
  await memory.of([1, 2]);
  expect(asked).toEqual([1, 2, 3, 1, 2]);
});

test("this process holds some megabytes, one that is not there nothing", async () => {
  const memory = new WorkerMemory({ env: new FakeEnv() });
  const found = await memory.of([process.pid, 2 ** 30]);
  expect(found.get(process.pid)).toBeGreaterThan(1_000_000);
  expect(found.get(2 ** 30)).toBeNull();
});
