import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { rmSync } from "node:fs";
import type { LineClient, Message } from "../support/line-client.ts";
import { lineClients } from "../support/line-clients.ts";
import { logged, work } from "../support/staged-work.ts";

setDefaultTimeout(60_000);
const clients = lineClients(afterAll);
let client: LineClient;
beforeAll(async () => {
  client = await clients.open({ env: { FLOW_BALANCER_POOL_MAX_WORKERS: "4" } });
});

interface Plan {
  readonly type: "parallel" | "pipeline" | "sequential";
  readonly tasks: readonly { readonly stage: number; readonly fail: boolean }[];
  readonly limit: number | null;
}

const PLAN: fc.Arbitrary<Plan> = fc.record({
  type: fc.constantFrom("pipeline", "pipeline", "sequential", "parallel"),
  tasks: fc.array(
    fc.record({
      stage: fc.constantFrom(1, 2, 3, 5, 1_000),
      // One in ten, so that most plans come far.
      fail: fc.integer({ min: 0, max: 9 }).map((n) => n === 9),
    }),
    { minLength: 1, maxLength: 12 },
  ),
  limit: fc.option(fc.integer({ min: 1, max: 3 })),
});

/** When each has its turn: the whole of one turn comes before the whole of the next. */
const turnsOf = ({ type, tasks }: Plan): readonly number[] =>
  tasks.map(({ stage }, at) =>
    type === "pipeline" ? stage : type === "sequential" ? at : 0,
  );

/** What each task has to end as. */
function endsOf(plan: Plan): readonly string[] {
  const turns = turnsOf(plan);
  const failed = Math.min(
    ...plan.tasks.flatMap(({ fail }, at) => (fail ? [turns[at]!] : [])),
  );
  return plan.tasks.map(({ fail }, at) => {
    if (turns[at]! > failed) return "DEPENDENCY_FAILED";
    return fail ? "TASK_THREW" : "completed";
  });
}

async function run(plan: Plan): Promise<Message> {
  rmSync(client.place.path("log"), { force: true });
  const { type, tasks, limit } = plan;
  return client.ask("run_batch", {
    type,
    ...(limit === null ? {} : { max_parallel: limit }),
    tasks: tasks.map(({ stage, fail }, at) =>
      work(client, `${at}`, {
        ms: 2,
        fail,
        stage: type === "pipeline" ? stage : undefined,
      }),
    ),
  });
}

function expectOrder(plan: Plan): void {
  const turns = turnsOf(plan);
  const begun = new Set<number>();
  const ended = new Set<number>();
  for (const line of logged(client)) {
    const [what, name] = line.split(" ");
    const at = Number(name);
    if (what === "end") ended.add(at);
    else {
      expect(begun.has(at)).toBe(false);
      begun.add(at);
      for (const [other, turn] of turns.entries())
        if (turn < turns[at]!) expect(ended.has(other)).toBe(true);
      // What failed writes no end: with it in the turn the count says nothing.
      const isSound = plan.tasks.every(({ fail }) => !fail);
      if (plan.limit !== null && isSound)
        expect(begun.size - ended.size).toBeLessThanOrEqual(plan.limit);
    }
  }
}

test("any mix of stages and failures runs in an order that keeps them, and ends as it has to", async () => {
  await fc.assert(
    fc.asyncProperty(PLAN, async (plan) => {
      const { results } = await run(plan);
      const expected = endsOf(plan);
      expect(
        results.map((one: Message) => one.error?.code ?? one.status),
      ).toEqual(expected);
      expect(
        results.flatMap(({ value }: Message) =>
          value === undefined ? [] : [value],
        ),
      ).toEqual(
        expected.flatMap((end, at) => (end === "completed" ? [`${at}`] : [])),
      );
      expectOrder(plan);
      const ran = expected.filter((end) => end !== "DEPENDENCY_FAILED").length;
      expect(
        logged(client).filter((line) => line.startsWith("begin")),
      ).toHaveLength(ran);
    }),
    { numRuns: 40 },
  );
});
