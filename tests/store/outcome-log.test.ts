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
import { OutcomeLog } from "../../flow-balancer/store/outcome-log.ts";
import { Pace } from "../../flow-balancer/store/pace.ts";
import { pruneOutcomes } from "../../flow-balancer/store/prune.ts";
import { outcomes } from "../../flow-balancer/store/schema.ts";
import { FakeEnv } from "../support/fake-env.ts";

const add = ({ orm, commit }: Store, kind: string): Promise<number> =>
  commit.write(
    () =>
      orm
        .insert(outcomes)
        .values({ kind, state: "completed", attempt: 1, settledAt: 1 })
        .returning({ seq: outcomes.seq })
        .get().seq,
  );

const prune = (store: Store, keep: number): Promise<number> =>
  pruneOutcomes(store, keep, new Pace(new FakeEnv(), { rests: false }));

test("an empty home has no outcomes", () => {
  const log = new OutcomeLog(openStore(":memory:", "normal", new FakeEnv()));
  expect([log.last(), log.after(0, 9)]).toEqual([0, []]);
});

test("read in pages, all are seen once and in order", async () => {
  const store = openStore(":memory:", "normal", new FakeEnv());
  for (let n = 0; n < 25; n++) await add(store, `k${n % 3}`);
  const log = new OutcomeLog(store);
  const seen: number[] = [];
  for (let at = 0; ;) {
    const page = log.after(at, 10);
    if (page.length === 0) break;
    seen.push(...page.map(({ seq }) => seq));
    at = page.at(-1)?.seq ?? at;
  }
  expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n + 1));
  expect(log.last()).toBe(25);
});

test("an outcome costs one step in the table to find, and none is sorted", () => {
  const store = openStore(":memory:", "normal", new FakeEnv());
  const plan = store.raw
    .query<{ detail: string }, []>(
      "EXPLAIN QUERY PLAN SELECT * FROM outcomes WHERE seq > 1 ORDER BY seq LIMIT 9",
    )
    .all();
  expect(plan.map(({ detail }) => detail)).toEqual([
    "SEARCH outcomes USING INTEGER PRIMARY KEY (rowid>?)",
  ]);
});

/** Two processes that write, one of them prunes, and who follows from either. */
const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("add"), by: fc.nat(1), kind: fc.nat(2) }),
    fc.record({ do: fc.constant("prune"), by: fc.nat(1), kind: fc.nat(3) }),
    fc.record({ do: fc.constant("read"), by: fc.nat(1), kind: fc.nat(4) }),
  ),
  { maxLength: 40 },
);

test("a number is given once, and grows with the order of the commits, whoever commits and whatever is pruned meanwhile", async () => {
  const folder = mkdtempSync(join(tmpdir(), "outcome-log-"));
  let file = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const path = join(folder, `${file++}.db`);
      const env = new FakeEnv();
      const stores = [
        openStore(path, "normal", env),
        openStore(path, "normal", env),
      ] as const;
      const logs = stores.map((store) => new OutcomeLog(store));
      const given: number[] = [];
      const followed: number[][] = [[], []];
      for (const step of all) {
        const store = stores[step.by as 0 | 1];
        const mine = followed[step.by]!;
        if (step.do === "add") given.push(await add(store, `k${step.kind}`));
        // Also to nothing at all.
        else if (step.do === "prune") await prune(store, step.kind);
        else
          mine.push(
            ...logs[step.by]!.after(mine.at(-1) ?? 0, step.kind).map(
              ({ seq }) => seq,
            ),
          );
      }
      expect(given).toEqual(given.map((_, n) => n + 1));
      for (const [by, mine] of followed.entries()) {
        mine.push(
          ...logs[by]!.after(mine.at(-1) ?? 0, 99).map(({ seq }) => seq),
        );
        expect(mine).toEqual([...new Set(mine)].toSorted((a, b) => a - b));
        // The newest is there, whatever was pruned.
        expect(mine.at(-1)).toEqual(given.at(-1));
        expect(logs[by]!.last()).toBe(given.length);
      }
      for (const store of stores) await closeStore(store);
    }),
    { seed: 7, numRuns: 30 },
  );
  rmSync(folder, { recursive: true });
}, 20_000);
