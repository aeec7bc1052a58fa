import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  closeStore,
  openStore,
  type Store,
} from "../../flow-balancer/store/database.ts";
import { LearnedStates } from "../../flow-balancer/store/learned-states.ts";
import { outcomes } from "../../flow-balancer/store/schema.ts";
import { FakeEnv } from "../support/fake-env.ts";

/** With outcomes 1 to `n`. */
function addOutcomes({ orm }: Store, n: number): void {
  for (let at = 0; at < n; at++)
    orm
      .insert(outcomes)
      .values({ kind: "k", state: "completed", attempt: 1, settledAt: 1 })
      .run();
}

function setUp(n = 9) {
  const env = new FakeEnv();
  const store = openStore(":memory:", "normal", env);
  addOutcomes(store, n);
  return { store, env, states: new LearnedStates(store, env) };
}

const NOTHING = { state: null, seq: 0, revision: 0, warning: null };

/** What changes a row from outside. */
const damage = ({ raw }: Store, set: string): void => {
  raw.run(`UPDATE learned_states SET ${set}`);
};

test("nothing was learned at first; what was is there for another server, large or small", async () => {
  const folder = mkdtempSync(join(tmpdir(), "learned-"));
  const path = join(folder, "flow.db");
  const env = new FakeEnv();
  const first = openStore(path, "normal", env);
  addOutcomes(first, 5);
  const mine = new LearnedStates(first, env);
  expect(mine.load("deadlines", 1)).toEqual(NOTHING);
  const large = { keys: Array.from({ length: 9_000 }, (_, n) => `git ${n}`) };
  expect(await mine.save("deadlines", 1, 5, large)).toBeTrue();
  expect(await mine.save("router", 1, 0, { said: "it's" })).toBeTrue();
  const second = openStore(path, "normal", env);
  for (const states of [mine, new LearnedStates(second, env)]) {
    expect(states.load("deadlines", 1)).toEqual({
      ...{ state: large, seq: 5, revision: 1, warning: null },
    });
    expect(states.load("router", 1).state).toEqual({ said: "it's" });
    // Of another form, or another learner's.
    expect(states.load("deadlines", 2)).toEqual(NOTHING);
    expect(states.load("splits", 1)).toEqual(NOTHING);
  }
  await closeStore(first);
  await closeStore(second);
  rmSync(folder, { recursive: true });
});

test("of folds the one that goes further stays, whoever saves last", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(1), fc.integer({ min: 0, max: 9 })), {
        minLength: 1,
        maxLength: 12,
      }),
      async (saves) => {
        const { store, env } = setUp();
        const both = [0, 1].map(() => new LearnedStates(store, env));
        let furthest = 0;
        let revision = 0;
        for (const [by, seq] of saves) {
          const isSaved = seq >= furthest;
          expect(await both[by]!.save("l", 1, seq, { upTo: seq })).toBe(
            isSaved,
          );
          if (isSaved) revision++;
          furthest = Math.max(furthest, seq);
          for (const states of both)
            expect(states.load("l", 1)).toEqual({
              ...{ state: { upTo: furthest }, seq: furthest },
              ...{ revision, warning: null },
            });
        }
        await closeStore(store);
      },
    ),
    { seed: 7, numRuns: 40 },
  );
});

test("of two that loaded the same one swaps it; the other learns of it, and nothing is lost", async () => {
  const { states } = setUp();
  const swap = (revision: number, n: number): Promise<boolean> =>
    states.swap("waste", 1, revision, { seq: 0, state: { n } });
  expect(await Promise.all([swap(0, 1), swap(0, 2)])).toEqual([true, false]);
  expect(states.load("waste", 1)).toMatchObject({
    state: { n: 1 },
    revision: 1,
  });
  expect(await swap(0, 3)).toBeFalse();
  expect(await swap(2, 3)).toBeFalse();
  expect(await swap(1, 3)).toBeTrue();
  expect(states.load("waste", 1)).toMatchObject({
    state: { n: 3 },
    revision: 2,
  });
});

test("counts that several servers merge at once add up, in whatever order they come to it", async () => {
  const merge = async (states: LearnedStates, n: number): Promise<void> => {
    for (;;) {
      const { state, revision } = states.load("waste", 1);
      const next = { n: ((state as { n: number } | null)?.n ?? 0) + n };
      await Bun.sleep(0);
      if (await states.swap("waste", 1, revision, { seq: 0, state: next }))
        return;
    }
  };
  const { store, env } = setUp();
  const servers = Array.from({ length: 8 }, (_, n) => n + 1);
  await Promise.all(
    servers.map((n) => merge(new LearnedStates(store, env), n)),
  );
  expect(new LearnedStates(store, env).load("waste", 1)).toEqual({
    ...{ state: { n: 36 }, seq: 0, revision: 8, warning: null },
  });
});

test.each([
  ["state = '{'", "damaged: JSON"],
  ["state = ''", "damaged: JSON"],
  ["state = '7'", "it is no JSON object"],
  ["state = 'null'", "it is no JSON object"],
  ["state = x'000102'", "damaged"],
  ["seq = 10", "it goes up to outcome 10, and there are 9"],
  ["seq = -1", "it goes up to outcome -1"],
  ["seq = 'x'", "it goes up to outcome x"],
])(
  "damaged (%s), it is as good as not there, with a warning, until it is learned again",
  async (set, warning) => {
    const { states, store } = setUp();
    await states.save("deadlines", 1, 4, { n: 4 });
    damage(store, set);
    const loaded = states.load("deadlines", 1);
    expect(loaded).toEqual({
      ...{ state: null, seq: 0, revision: 1 },
      warning: expect.stringContaining(warning),
    });
    expect(loaded.warning).toStartWith("what 'deadlines' (version 1) had");
    expect(loaded.warning).toEndWith("; it is learned again");
    expect(await states.save("deadlines", 1, 9, { n: 9 })).toBeTrue();
    expect(states.load("deadlines", 1)).toEqual({
      ...{ state: { n: 9 }, seq: 9, revision: 2, warning: null },
    });
  },
);

test("a damaged count of revisions stands in nobody's way", async () => {
  const { states, store } = setUp();
  for (const again of [
    () => states.save("waste", 1, 4, { n: 2 }),
    () => states.swap("waste", 1, 0, { seq: 4, state: { n: 2 } }),
  ]) {
    await states.save("waste", 1, 4, { n: 1 });
    damage(store, "revision = 'x'");
    expect(states.load("waste", 1)).toMatchObject({
      state: { n: 1 },
      revision: 0,
    });
    expect(await again()).toBeTrue();
    expect(states.load("waste", 1)).toMatchObject({
      state: { n: 2 },
      revision: 1,
    });
  }
});
