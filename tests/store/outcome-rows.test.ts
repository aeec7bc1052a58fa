/** What the queue writes down of each attempt, for those who learn from it. */

import { expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holderId, workerId } from "../../flow-balancer/core/ids.ts";
import type { Lease, Settlement } from "../../flow-balancer/core/queue.ts";
import { closeStore, openStore } from "../../flow-balancer/store/database.ts";
import { openForReading } from "../../flow-balancer/store/open-for-reading.ts";
import { OutcomeLog } from "../../flow-balancer/store/outcome-log.ts";
import { readLearned } from "../../flow-balancer/store/read-learned.ts";
import { writeOldStore } from "../support/damaged-store-old.ts";
import { FakeEnv } from "../support/fake-env.ts";
import {
  HELD,
  newQueue,
  request,
  resultOf,
} from "../support/queue-under-test.ts";

const TIMED_OUT: Settlement = {
  result: resultOf("timed_out", 1),
  execution: {
    tier: "warm",
    worker: workerId(1),
    waitMs: 3,
    startMs: 4.5,
    runMs: 900,
    beats: true,
  },
  startedAt: null,
  output: null,
  bucket: "git status",
  expert: "fast",
  cost: 0.25,
  tokens: 1_200,
};

const SEEN = {
  seq: 1,
  kind: "shell",
  bucket: "git status",
  expert: "fast",
  holder: holderId("me"),
  attempt: 1,
  state: "timed_out",
  tier: "warm",
  waitMs: 3,
  startMs: 4.5,
  runMs: 900,
  timeoutMs: 800,
  hasBeats: true,
  cost: 0.25,
  tokens: 1_200,
  settledAt: 1_700_000_000_000,
} as const;

type UnderTest = ReturnType<typeof newQueue>;

async function held(
  { queue }: UnderTest,
  terms: Partial<typeof HELD> = {},
): Promise<Lease> {
  const asked = request({ timeoutMs: 800 });
  const it = await queue.record(asked, { ...HELD, ...terms });
  if (!it.isNew || it.lease === null) throw new Error("it is not held");
  return it.lease;
}

const taskSeqs = ({ store }: UnderTest): unknown[] =>
  store.raw.query("SELECT task_seq FROM outcomes").values().flat();

test("an attempt is written down with all that is known of it, whether its lease knows the row or not", async () => {
  for (const same of [
    (lease: Lease) => lease,
    (lease: Lease) => ({ ...lease }),
  ]) {
    const at = newQueue();
    await at.queue.settle(same(await held(at)), TIMED_OUT);
    expect(new OutcomeLog(at.store).after(0, 9)).toEqual([SEEN]);
    expect(taskSeqs(at)).toEqual([1]);
  }
});

test("where little is known, that is what is written", async () => {
  const at = newQueue();
  const { result, startedAt, output } = TIMED_OUT;
  await at.queue.settle(await held(at), {
    result,
    startedAt,
    output,
    execution: null,
  });
  expect(new OutcomeLog(at.store).after(0, 9)).toEqual([
    {
      ...SEEN,
      bucket: "",
      expert: null,
      tier: null,
      waitMs: null,
      startMs: null,
      runMs: null,
      hasBeats: false,
      cost: null,
      tokens: null,
    },
  ]);
});

test("the limit in force is written down; where nobody says, it is the one the task came with", async () => {
  for (const [own, inForce, seen] of [
    [null, 450, 450],
    [800, 450, 450],
    [800, null, 800],
    [null, null, null],
  ] as const) {
    const at = newQueue();
    const it = await at.queue.record(request({ timeoutMs: own }), HELD);
    const lease = (it as { lease: Lease }).lease;
    await at.queue.settle(lease, { ...TIMED_OUT, timeoutMs: inForce });
    expect(new OutcomeLog(at.store).after(0, 9)[0]?.timeoutMs).toBe(seen);
  }
});

test("an attempt that is tried again was seen too: a run that was cut off is never lost", async () => {
  const at = newQueue();
  const terms = { maxAttempts: 2, backoffMs: 0 };
  const first = await held(at, terms);
  expect((await at.queue.retry(first, TIMED_OUT)).again).toBeTrue();
  const [second] = await at.queue.claim({
    queue: "pool",
    holder: holderId("other"),
    max: 1,
    leaseMs: null,
  });
  const again = await at.queue.retry(second!.lease, {
    ...TIMED_OUT,
    result: resultOf("completed", 1),
  });
  expect(again).toMatchObject({ accepted: true, again: false });
  expect(new OutcomeLog(at.store).after(0, 9)).toEqual([
    SEEN,
    {
      ...SEEN,
      seq: 2,
      attempt: 2,
      holder: holderId("other"),
      state: "completed",
    },
  ]);
  expect(taskSeqs(at)).toEqual([1, 1]);
});

test("what is settled too late, given back, or done on the board teaches nothing", async () => {
  const at = newQueue();
  const lease = await held(at);
  await at.queue.release(lease);
  await at.queue.settle(lease, TIMED_OUT);
  await at.queue.retry(lease, TIMED_OUT);
  const board = { queue: "board", maxAttempts: 2 } as const;
  const [one, other] = [await held(at, board), await held(at, board)];
  await at.queue.settle(one, TIMED_OUT);
  await at.queue.retry(other, TIMED_OUT);
  expect(new OutcomeLog(at.store).after(0, 9)).toEqual([]);
});

test("outcomes of an older version say nothing of what was not known then", async () => {
  const folder = mkdtempSync(join(tmpdir(), "outcomes-"));
  const path = join(folder, "flow.db");
  writeOldStore(path, 3);
  const raw = new Database(path, { strict: true });
  raw.run(
    "INSERT INTO outcomes (kind, state, tier, run_ms, attempt, settled_at) VALUES ('shell', 'completed', 'hot', 5, 1, 7)",
  );
  raw.close();
  const seen = {
    ...SEEN,
    bucket: "",
    expert: null,
    holder: null,
    state: "completed",
    tier: "hot",
    waitMs: null,
    startMs: null,
    runMs: 5,
    timeoutMs: null,
    hasBeats: false,
    cost: null,
    tokens: null,
    settledAt: 7,
  } as const;
  // By who only looks, and brings nothing up to date.
  const looked = openForReading(path)!;
  expect(new OutcomeLog({ raw: looked }).after(0, 9)).toEqual([seen]);
  expect(new OutcomeLog({ raw: looked }).last()).toBe(1);
  expect(readLearned(looked, "deadlines", 1)).toEqual({
    ...{ state: null, seq: 0, revision: 0, warning: null },
  });
  looked.close();
  const store = openStore(path, "normal", new FakeEnv());
  expect(new OutcomeLog(store).after(0, 9)).toEqual([seen]);
  await closeStore(store);
  rmSync(folder, { recursive: true });
});

test("a file that is older still has no outcomes", () => {
  const folder = mkdtempSync(join(tmpdir(), "outcomes-"));
  const path = join(folder, "flow.db");
  writeOldStore(path, 2);
  const raw = openForReading(path)!;
  const log = new OutcomeLog({ raw });
  expect([log.last(), log.after(0, 9)]).toEqual([0, []]);
  raw.close();
  rmSync(folder, { recursive: true });
});
