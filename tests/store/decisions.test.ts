import { expect, test } from "bun:test";
import type { NewDecision } from "../../flow-balancer/core/decision.ts";
import { taskId, type TaskId } from "../../flow-balancer/core/ids.ts";
import type { Lease } from "../../flow-balancer/core/queue.ts";
import { Decisions } from "../../flow-balancer/store/decisions.ts";
import { OutcomeLog } from "../../flow-balancer/store/outcome-log.ts";
import { RoutedOutcomes } from "../../flow-balancer/store/routed-outcomes.ts";
import { Pace } from "../../flow-balancer/store/pace.ts";
import { pruneDecisions } from "../../flow-balancer/store/prune.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";

const choice = (id: TaskId, more: Partial<NewDecision> = {}): NewDecision => ({
  taskId: id,
  attempt: 1,
  policy: "router",
  version: "1",
  choice: "fast",
  alternatives: [
    { choice: "fast", propensity: 0.95, score: 0.8 },
    { choice: "good", propensity: 0.05, score: null },
  ],
  propensity: 0.95,
  reason: { features: [1, 2], seed: 7, said: "it's \u001b[31m" },
  ...more,
});

function setUp() {
  const at = newQueue();
  const decisions = new Decisions(at.store, at.env);
  const held = async (maxAttempts = 1): Promise<Lease> => {
    const it = await at.queue.record(request({}), {
      ...HELD,
      maxAttempts,
      backoffMs: 0,
    });
    if (!it.isNew || it.lease === null) throw new Error("it is not held");
    return it.lease;
  };
  const end = (lease: Lease, status: "completed" | "failed" = "completed") =>
    at.queue.retry(lease, {
      result: resultOf(status, 1),
      execution: null,
      startedAt: null,
      output: null,
    });
  const claim = async (): Promise<Lease> =>
    (
      await at.queue.claim({
        ...HELD,
        holder: HELD.holder!,
        max: 1,
        leaseMs: null,
      })
    )[0]!.lease;
  const ofTask = (id: TaskId) =>
    at.store.raw
      .query<Row, [string]>(
        "SELECT * FROM decisions WHERE task_id = ? ORDER BY id",
      )
      .all(id);
  return { ...at, decisions, held, end, claim, ofTask };
}

interface Row {
  readonly id: number;
  readonly at: number;
  readonly policy: string;
  readonly choice: string;
  readonly alternatives: string;
  readonly propensity: number;
  readonly reason: string;
}

test("a decision is kept as it was made, in order, also once its task is archived", async () => {
  const { decisions, ofTask, held, env, store } = setUp();
  const { id } = await held();
  expect(await decisions.record(choice(id))).toBeTrue();
  env.advance(5);
  const split = choice(id, { policy: "split", propensity: 1, reason: null });
  expect(await decisions.record(split)).toBeTrue();
  await decisions.record(choice((await held()).id));
  store.raw.run("DELETE FROM tasks WHERE seq = 1");
  const kept = ofTask(id).map(({ alternatives, reason, ...row }) => ({
    ...row,
    alternatives: JSON.parse(alternatives) as unknown,
    reason: JSON.parse(reason) as unknown,
  }));
  const { taskId: _, ...made } = choice(id);
  expect(kept).toMatchObject([
    { ...made, id: 1, at: 1_700_000_000_000, task_id: id },
    {
      ...made,
      id: 2,
      at: 1_700_000_000_005,
      policy: "split",
      propensity: 1,
      reason: null,
    },
  ]);
});

test("of a task that is not there nothing is recorded; with its task in one write, it is", async () => {
  const { decisions, ofTask, queue, store } = setUp();
  expect(await decisions.record(choice(taskId("none")))).toBeFalse();
  const id = taskId("mine");
  const [, recorded] = await store.commit.asOne(() =>
    Promise.all([
      queue.add([{ id, request: request({}), terms: HELD }]),
      decisions.record(choice(id)),
    ]),
  );
  expect(recorded).toBeTrue();
  expect(ofTask(id)).toHaveLength(1);
});

test.each([0, -0.1, 1.01, Number.NaN])(
  "odds of %p are refused, and nothing is recorded",
  async (propensity) => {
    const { decisions, ofTask, held } = setUp();
    const { id } = await held();
    const recorded = decisions.record(choice(id, { propensity }));
    await expect(recorded).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(`'router' is ${propensity}`),
    });
    expect(ofTask(id)).toEqual([]);
  },
);

test("each attempt's outcome finds what was decided about that attempt, and no other", async () => {
  const { decisions, store, held, end, claim } = setUp();
  const first = await held(2);
  const [undecided, other] = [await held(), await held()];
  await decisions.record(choice(first.id, { choice: "one" }));
  await decisions.record(choice(first.id, { choice: "3", policy: "ensemble" }));
  await end(first, "failed");
  await end(undecided);
  await decisions.record(choice(other.id, { choice: "two" }));
  await end(other);
  const second = await claim();
  await decisions.record(choice(first.id, { choice: "three", attempt: 2 }));
  await end(second);
  const routed = new RoutedOutcomes(store.raw);
  const chosen = (after: number, upTo: number, policy = "router") =>
    routed.between(after, upTo, policy).map((it) => `${it.choice} ${it.state}`);
  expect(new OutcomeLog(store).last()).toBe(4);
  expect(chosen(0, 4)).toEqual([
    "one failed",
    "two completed",
    "three completed",
  ]);
  expect(chosen(0, 4, "ensemble")).toEqual(["3 failed"]);
  expect(chosen(1, 3)).toEqual(["two completed"]);
  expect(chosen(4, 9)).toEqual([]);
  const { reason } = choice(first.id);
  expect(routed.between(3, 4, "router")[0]?.reason).toEqual(reason);
});

test("after a redrive attempts count anew: each outcome finds what was decided last before it, within the same millisecond too", async () => {
  const { decisions, queue, store, held, end, claim } = setUp();
  const lease = await held();
  await decisions.record(choice(lease.id, { choice: "before" }));
  await end(lease, "failed");
  await queue.redrive(lease.id);
  const again = await claim();
  expect(again.attempt).toBe(1);
  await decisions.record(choice(lease.id, { choice: "after" }));
  await end(again);
  const behind = new RoutedOutcomes(store.raw).between(0, 9, "router");
  expect(behind.map((it) => it.choice)).toEqual(["before", "after"]);
});

test("outcomes are joined to decisions by an index, from the outcomes' side", () => {
  const { store } = setUp();
  const seen: string[] = [];
  const { prepare } = store.raw;
  store.raw.prepare = ((text: string) => {
    seen.push(text);
    return prepare.call(store.raw, text);
  }) as typeof prepare;
  const of = new RoutedOutcomes(store.raw);
  store.raw.prepare = prepare;
  const join = seen.find((text) => text.includes("JOIN decisions"));
  expect(of.between(0, 9, "router")).toEqual([]);
  const plan = store.raw
    .query<{ detail: string }, [number, number, string]>(
      `EXPLAIN QUERY PLAN ${join}`,
    )
    .all(0, 9, "router")
    .map(({ detail }) => detail);
  expect(plan.slice(0, 2)).toEqual([
    "SEARCH o USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
    "SEARCH d USING INDEX decisions_attempt (task_seq=? AND attempt=?)",
  ]);
  // No more than the decisions of one outcome are put in order at a time.
  expect(plan.filter((it) => /TEMP B-TREE FOR ORDER/.test(it))).toEqual([]);
});

test("old decisions, and those beyond the newest so many, are pruned; never the newest of all", async () => {
  const { decisions, ofTask, held, env, store } = setUp();
  const { id } = await held();
  const prune = (before: number, keep: number): Promise<number> => {
    const pace = new Pace(env, { rests: false });
    return pruneDecisions(store, { before, keep }, pace);
  };
  const left = (): number[] => ofTask(id).map((it) => it.id);
  for (let n = 0; n < 1_200; n++) {
    void decisions.record(choice(id, { reason: n }));
    if (n === 599) env.advance(10);
  }
  await store.commit.drained();
  expect(await prune(env.now(), 5_000)).toBe(600);
  expect(await prune(env.now(), 3)).toBe(597);
  expect(left()).toEqual([1_198, 1_199, 1_200]);
  expect(await prune(env.now() + 1, 0)).toBe(2);
  await decisions.record(choice(id));
  expect(left()).toEqual([1_200, 1_201]);
});
