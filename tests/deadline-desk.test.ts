import { expect, test } from "bun:test";
import { DeadlineDesk } from "../flow-balancer/deadline-desk.ts";
import { readDeadlines } from "../flow-balancer/read-deadlines.ts";
import {
  closeStore,
  openStore,
  type Store,
} from "../flow-balancer/store/database.ts";
import { outcomes } from "../flow-balancer/store/schema.ts";
import { FakeEnv } from "./support/fake-env.ts";

const OPTIONS = {
  missesPerThousand: 10,
  minMs: 100,
  maxMs: 3_600_000,
  defaultMs: 300_000,
};

function setUp() {
  const env = new FakeEnv();
  const store = openStore(":memory:", "normal", env);
  const said: string[] = [];
  const newDesk = (): DeadlineDesk =>
    new DeadlineDesk({
      store,
      env,
      log: (_, event) => void said.push(event),
      options: OPTIONS,
    });
  return { store, env, said, newDesk };
}

/** Runs of about `ms`, as any server stores them. */
function ran({ orm }: Store, n: number, ms: number): void {
  for (let at = 0; at < n; at++)
    orm
      .insert(outcomes)
      .values({
        kind: "k",
        state: "completed",
        attempt: 1,
        runMs: ms + (at % 10),
        settledAt: 1,
      })
      .run();
}

const turns = async (n: number): Promise<void> => {
  for (let turn = 0; turn < n; turn++)
    await new Promise((goOn) => setImmediate(goOn));
};

const saved = (store: Store): { seq: number; revision: number } | null =>
  store.raw
    .query<{ seq: number; revision: number }, []>(
      "SELECT seq, revision FROM learned_states WHERE learner = 'deadlines'",
    )
    .get();

test("a limit is the default until there is something to go by, then what was stored by anybody, a moment later", async () => {
  const { store, env, newDesk } = setUp();
  const desk = newDesk();
  expect(desk.limitFor("k", "")).toMatchObject({
    softMs: 300_000,
    basis: "default",
  });
  ran(store, 50, 1_000);
  // Not looked for at every task.
  expect(desk.limitFor("k", "").basis).toBe("default");
  env.advance(1_000);
  const { softMs, basis } = desk.limitFor("k", "");
  expect(basis).toBe("own_runs");
  expect(softMs).toBeWithin(1_010, 10_000);
  expect(desk.hedgeAfterMs("k", "")).toBe(1.25 * 1_009);
  expect(desk.hedgeAfterMs("k", "other")).toBeNull();
  await desk.stop();
});

test("what was learned is there for the next, which goes on from it; a command sees the same", async () => {
  const { store, env, newDesk } = setUp();
  ran(store, 300, 1_000);
  const first = newDesk();
  const known = await first.statsOf("k");
  expect(known?.n).toBe(300);
  await first.stop();
  expect(saved(store)).toEqual({ seq: 300, revision: 1 });
  // With nothing new there is nothing to save.
  const idle = newDesk();
  idle.start();
  await idle.stop();
  expect(saved(store)).toEqual({ seq: 300, revision: 1 });
  store.raw.run("DELETE FROM outcomes WHERE seq < 300");
  const next = newDesk();
  ran(store, 5, 2_000);
  env.advance(1_000);
  expect((await next.statsOf("k"))?.n).toBe(305);
  const { learner, warning } = readDeadlines(store.raw, OPTIONS);
  expect(warning).toBe(null);
  expect(learner.summary("k")[0]).toEqual((await next.statsOf("k"))!);
  expect(learner.limit("k", "")).toEqual(next.limitFor("k", ""));
});

test("how long lists take says nothing of single runs", async () => {
  const { store, newDesk } = setUp();
  store.raw.run(
    "INSERT INTO outcomes (kind, state, attempt, run_ms, settled_at) VALUES ('k[]', 'completed', 1, 9, 1)",
  );
  expect(await newDesk().statsOf("k[]")).toBe(null);
  expect(readDeadlines(store.raw, OPTIONS).learner.summary()).toEqual([]);
});

test("it is saved while it runs, not with every task", async () => {
  const { store, env, newDesk } = setUp();
  const desk = newDesk();
  for (let minute = 0; minute < 3; minute++) {
    ran(store, 300, 1_000);
    env.advance(60_000);
    desk.limitFor("k", "");
    await turns(5);
    env.advance(1_000);
    desk.limitFor("k", "");
    await turns(3);
  }
  await desk.stop();
  expect(saved(store)).toEqual({ seq: 900, revision: 3 });
});

test("what is damaged is said and learned again", async () => {
  const { store, said, newDesk } = setUp();
  ran(store, 60, 1_000);
  const first = newDesk();
  expect((await first.statsOf("k"))?.n).toBe(60);
  await first.stop();
  for (const state of ["{", "{}", '{"version":1,"all":7}']) {
    store.raw.run("UPDATE learned_states SET state = ?", [state]);
    said.length = 0;
    const next = newDesk();
    expect(said).toEqual(["learning.damaged"]);
    expect((await next.statsOf("k"))?.n).toBe(60);
    expect(readDeadlines(store.raw, OPTIONS).warning).toContain("damaged");
  }
});

test("a long way behind, it catches up between what else there is to do", async () => {
  const { store, env, newDesk } = setUp();
  ran(store, 3_500, 1_000);
  const desk = newDesk();
  desk.start();
  await turns(40);
  env.advance(1_000);
  store.raw.run("DELETE FROM outcomes");
  expect((await desk.statsOf("k"))?.n).toBe(3_500);
});

test("a store that cannot be read leaves what is known, and is told of once", async () => {
  const { store, env, said, newDesk } = setUp();
  ran(store, 60, 1_000);
  const desk = newDesk();
  const before = desk.limitFor("k", "");
  store.raw.run("ALTER TABLE outcomes RENAME TO gone");
  for (let look = 0; look < 3; look++) {
    env.advance(1_000);
    expect(desk.limitFor("k", "")).toEqual(before);
  }
  expect(said).toEqual(["learning.failed"]);
});

test("in one turn it learns of a few hundred at most, however many there are", () => {
  const { store, newDesk } = setUp();
  ran(store, 3_500, 1_000);
  expect(newDesk().limitFor("k", "").n).toBeWithin(1, 301);
});

test("an outcome that is damaged is passed over; what comes after it is learned from", async () => {
  const { store, said, newDesk } = setUp();
  ran(store, 30, 1_000);
  store.raw.run("UPDATE outcomes SET kind = x'00ff' WHERE seq IN (10, 11)");
  expect((await newDesk().statsOf("k"))?.n).toBe(28);
  expect(said).toEqual([]);
  expect(readDeadlines(store.raw, OPTIONS).learner.summary("k")[0]?.n).toBe(28);
});

test("what could not be saved is saved with the next", async () => {
  const { store, env, said, newDesk } = setUp();
  const desk = newDesk();
  ran(store, 300, 1_000);
  store.raw.run("ALTER TABLE learned_states RENAME TO away");
  await desk.statsOf("k");
  env.advance(60_000);
  desk.limitFor("k", "");
  await turns(3);
  expect(said).toEqual(["learning.not_saved"]);
  store.raw.run("ALTER TABLE away RENAME TO learned_states");
  await desk.stop();
  expect(saved(store)).toEqual({ seq: 300, revision: 1 });
});

test("ended while it saves, it saves what came since too, and leaves nothing to be written", async () => {
  const { store, env, said, newDesk } = setUp();
  const desk = newDesk();
  ran(store, 300, 1_000);
  await desk.statsOf("k");
  env.advance(60_000);
  desk.limitFor("k", "");
  await turns(1);
  expect(saved(store)).toBeNull();
  ran(store, 10, 1_000);
  await desk.stop();
  expect(saved(store)).toEqual({ seq: 310, revision: 2 });
  await closeStore(store);
  await turns(3);
  expect(said).toEqual([]);
});
