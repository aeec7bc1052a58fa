import { expect, test } from "bun:test";
import { GranularityKeeping } from "../flow-balancer/granularity-keeping.ts";
import { readLearned } from "../flow-balancer/store/read-learned.ts";
import { newQueue } from "./support/queue-under-test.ts";

const RUN = { items: 10, workMs: 100, overheadMs: 5 };

function setUp() {
  const { store, env } = newQueue();
  const logged: string[] = [];
  const keeping = (): GranularityKeeping =>
    new GranularityKeeping({
      store,
      env,
      log: (_, event) => logged.push(event),
      listKind: (kind) => `${kind}[]`,
    });
  const chunks = (): number => {
    const { state } = readLearned(store.raw, "granularity", 1);
    const { kinds } = state as {
      kinds: readonly { sums: { chunks: number } }[];
    };
    return kinds.reduce((sum, it) => sum + it.sums.chunks, 0);
  };
  return { store, keeping, logged, chunks };
}

test("what one server saved, the next one starts with", async () => {
  const { keeping, logged } = setUp();
  const first = keeping();
  const job = first.chunkerOf("k");
  expect(job.expectedMs(1)).toBeNull();
  job.ended(RUN);
  await first.save();
  expect(keeping().chunkerOf("k").expectedMs(1)).toBeCloseTo(10, 9);
  expect(logged).toEqual([]);
});

test("two servers add up what each has seen, and nothing counts twice", async () => {
  const { keeping, chunks } = setUp();
  const [a, b] = [keeping(), keeping()];
  for (const server of [a, b, a]) server.chunkerOf("k").ended(RUN);
  await Promise.all([a.save(), b.save(), a.save()]);
  expect(chunks()).toBe(3);
  b.chunkerOf("k").ended(RUN);
  await Promise.all([a.save(), b.save()]);
  expect(chunks()).toBe(4);
});

test("what a server learns is there for its own next job at once", () => {
  const { keeping } = setUp();
  const server = keeping();
  server.chunkerOf("k").ended(RUN);
  expect(server.chunkerOf("k").expectedMs(2)).toBeCloseTo(20, 9);
  expect(server.chunkerOf("other").expectedMs(2)).toBeNull();
});

test("what is damaged is told once, and learned again", async () => {
  const { store, keeping, logged, chunks } = setUp();
  const first = keeping();
  first.chunkerOf("k").ended(RUN);
  await first.save();
  store.raw.run("UPDATE learned_states SET state = '{\"version\":9}'");
  const next = keeping();
  const job = next.chunkerOf("k");
  expect(job.expectedMs(1)).toBeNull();
  expect(logged).toEqual(["learned.damaged"]);
  job.ended(RUN);
  await next.save();
  expect(chunks()).toBe(1);
});

test("a save that fails is told, never thrown, and made up for by the next", async () => {
  const { store, keeping, logged, chunks } = setUp();
  const server = keeping();
  server.chunkerOf("k").ended(RUN);
  store.raw.run("ALTER TABLE learned_states RENAME TO elsewhere");
  await server.save();
  expect(logged).toEqual(["learned.not_saved"]);
  store.raw.run("ALTER TABLE elsewhere RENAME TO learned_states");
  await server.save();
  expect(chunks()).toBe(1);
});
