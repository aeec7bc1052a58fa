import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { startEngine } from "../flow-balancer/app.ts";
import { loadConfig } from "../flow-balancer/config.ts";
import { bunEnv } from "../flow-balancer/env.ts";
import {
  type Learning,
  SharedLearning,
} from "../flow-balancer/shared-learning.ts";
import { LearnedStates } from "../flow-balancer/store/learned-states.ts";
import { readLearned } from "../flow-balancer/store/read-learned.ts";
import { newQueue } from "./support/queue-under-test.ts";

/** Counts what was seen; `[n]` is changed in place. */
const COUNTING: Learning<[number], [number]> = {
  learner: "count",
  version: 1,
  nothingKnown: () => [0],
  nothingSeen: () => [0],
  restore: (state) => {
    const { n } = state as { n: unknown };
    if (typeof n !== "number") throw new Error("no count");
    return [n];
  },
  added: ([known], [seen]) => [known + seen],
  joined: ([older], [newer]) => [older + newer],
  snapshot: ([n]) => ({ n }),
};

function servers() {
  const { env, store } = newQueue();
  const said: string[] = [];
  const open = () =>
    new SharedLearning(
      { env, store, log: (_, event) => void said.push(event) },
      COUNTING,
    );
  const stored = () => new LearnedStates(store, env).load("count", 1).state;
  return { store, said, open, stored };
}

const one = (server: SharedLearning<[number], [number]>): void =>
  server.see((known, unsaved) => {
    known[0]++;
    unsaved[0]++;
  });

test("whoever sees and saves when, all that was seen is there in the end, once", async () => {
  const step = fc.tuple(fc.nat(3), fc.constantFrom("see", "save", "turn"));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const { said, open, stored } = servers();
      const all = [open(), open(), open(), open()];
      const own = all.map(() => 0);
      for (const [at, what] of steps) {
        if (what === "turn") await new Promise((goOn) => setImmediate(goOn));
        else if (what === "save") void all[at]!.save();
        else {
          one(all[at]!);
          own[at]!++;
        }
        // What it saw itself is never lost to it.
        expect(all[at]!.known[0]).toBeGreaterThanOrEqual(own[at]!);
      }
      await Promise.all(all.map((it) => it.save()));
      const n = own.reduce((sum, it) => sum + it, 0);
      expect(stored()).toEqual(n === 0 ? null : { n });
      expect(said).toEqual([]);
    }),
    { seed: 5, numRuns: 30 },
  );
});

test("ten that save in the same moment all come to it", async () => {
  const { said, open, stored } = servers();
  const all = Array.from({ length: 10 }, open);
  for (const server of all) one(server);
  await Promise.all(all.map((it) => it.save()));
  expect(stored()).toEqual({ n: 10 });
  expect(said).toEqual([]);
});

test("nothing is written for who saw nothing, and a save that fails is made up for with what came meanwhile", async () => {
  const { store, said, open, stored } = servers();
  const server = open();
  await server.save();
  expect(stored()).toBeNull();
  one(server);
  store.raw.run("ALTER TABLE learned_states RENAME TO away");
  const failing = server.save();
  one(server);
  await failing;
  expect(said).toEqual(["learned.not_saved"]);
  store.raw.run("ALTER TABLE away RENAME TO learned_states");
  one(server);
  await server.save();
  expect(stored()).toEqual({ n: 3 });
  expect(server.known).toEqual([3]);
});

test("where the store cannot be read nothing is known, until it can be again", async () => {
  const { store, said, open, stored } = servers();
  const before = open();
  one(before);
  await before.save();
  const server = open();
  store.raw.run("ALTER TABLE outcomes RENAME TO away");
  one(server);
  expect(server.known).toEqual([1]);
  expect(said).toEqual(["learned.not_read"]);
  store.raw.run("ALTER TABLE away RENAME TO outcomes");
  await server.save();
  expect(stored()).toEqual({ n: 2 });
  expect(server.known).toEqual([2]);
});

test("a server that ends saves what it saw of waits and chunks", async () => {
  const root = mkdtempSync(join(tmpdir(), "flow-balancer-end-"));
  mkdirSync(join(root, "home"), { mode: 0o700 });
  const environment = { PATH: process.env["PATH"] };
  const config = loadConfig({
    flags: {},
    env: { ...environment, FLOW_BALANCER_HOME: join(root, "home") },
    cwd: root,
    home: root,
  });
  const start = () =>
    startEngine({ config, env: bunEnv, environment, transport: "stdio" });
  const first = start();
  first.engine.chunking
    .chunkerOf("k")
    .ended({ items: 10, workMs: 100, overheadMs: 5 });
  // Not worth a write by itself.
  first.engine.patience.waited("agent", 5_000, false);
  await first.close(0);
  const store = new Database(join(root, "home", "flow.db"));
  expect(readLearned(store, "patience", 1).state).toMatchObject({
    clients: [{ client: "agent" }],
  });
  store.close();
  const next = start();
  expect(next.engine.chunking.chunkerOf("k").expectedMs(1)).toBeCloseTo(10, 9);
  await next.close(0);
  rmSync(root, { recursive: true });
});
