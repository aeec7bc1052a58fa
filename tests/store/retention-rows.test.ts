/** What retention deletes for good: outcomes, events, decisions, and what learners knew in an older form. */

import { expect, test } from "bun:test";
import type { TaskId } from "../../flow-balancer/core/ids.ts";
import { outcomes } from "../../flow-balancer/store/schema.ts";
import {
  decisions,
  events,
  learnedStates,
} from "../../flow-balancer/store/shared-schema.ts";
import { DAY, RetentionDesk } from "./retention-desk.ts";

test("outcomes but the newest of each kind, and old events, are deleted", async () => {
  using desk = new RetentionDesk();
  const at = desk.env.now();
  for (const [kind, n] of [
    ["a", 1_300],
    ["b", 4],
    ["c", 5],
  ] as const)
    for (let i = 0; i < n; i++)
      desk.store.orm
        .insert(outcomes)
        .values({ kind, state: "completed", attempt: i, settledAt: at })
        .run();
  for (let i = 0; i < 1_200; i++)
    desk.store.orm
      .insert(events)
      .values({ at: i < 1_100 ? at - 31 * DAY : at, type: "a.b" })
      .run();
  expect(await desk.process({ keepOutcomes: 4 }).runOnce()).toMatchObject({
    outcomes: 1_297,
    events: 1_100,
  });
  const left = desk.store.raw
    .query<{ kind: string; oldest: number; n: number }, []>(
      "SELECT kind, min(attempt) AS oldest, count(*) AS n FROM outcomes GROUP BY kind",
    )
    .all();
  expect(left).toEqual([
    { kind: "a", oldest: 1_296, n: 4 },
    { kind: "b", oldest: 0, n: 4 },
    { kind: "c", oldest: 1, n: 4 },
  ]);
  expect(desk.count("events")).toBe(100);
});

test("decisions that are old or too many, and states in a form that nobody saves any more, are deleted", async () => {
  using desk = new RetentionDesk();
  const { orm } = desk.store;
  const at = desk.env.now();
  const decide = (n: number, age: number): void => {
    for (let i = 0; i < n; i++)
      orm
        .insert(decisions)
        .values({
          ...{ taskId: "t" as TaskId, taskSeq: 1, attempt: 1, outcomeSeq: 0 },
          ...{ at: at - age * DAY, policy: "router", version: "1" },
          ...{ choice: "a", alternativesJson: "[]", propensity: 1 },
          reasonJson: "null",
        })
        .run();
  };
  decide(700, 31);
  decide(20, 29);
  for (const [learner, version, age] of [
    ["deadlines", 1, 31],
    ["deadlines", 2, 29],
    ["deadlines", 3, 40],
    ["router", 1, 90],
  ] as const)
    orm
      .insert(learnedStates)
      .values({
        ...{ learner, version, revision: 1, seq: 0, stateJson: "{}" },
        updatedAt: at - age * DAY,
      })
      .run();
  const report = desk.process({ keepDecisions: 15 }).runOnce();
  expect(await report).toMatchObject({ decisions: 705 });
  expect(desk.count("decisions")).toBe(15);
  const left = desk.store.raw.query(
    "SELECT learner, version FROM learned_states ORDER BY 1, 2",
  );
  // The newest form stays, however old: it may be all that is known.
  expect(left.values()).toEqual([
    ["deadlines", 2],
    ["deadlines", 3],
    ["router", 1],
  ]);
});
