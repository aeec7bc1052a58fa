import { expect, test } from "bun:test";
import { expertInput } from "../flow-balancer/core/expert-input.ts";
import { taskId } from "../flow-balancer/core/ids.ts";
import type { TaskRequest, TerminalState } from "../flow-balancer/core/task.ts";
import {
  readRouter,
  type RoutingSettings,
} from "../flow-balancer/read-router.ts";
import { type RoutedTask, RoutingDesk } from "../flow-balancer/routing-desk.ts";
import { openStore } from "../flow-balancer/store/database.ts";
import { questionOf } from "../orchestrator/routing/task-question.ts";
import { expert } from "./orchestrator/router-fixtures.ts";
import { FakeEnv } from "./support/fake-env.ts";
import { request as anyRequest } from "./support/queue-under-test.ts";

const SETTINGS: RoutingSettings = {
  experts: [
    expert("a", 1, { run: { kind: "run-a", input: { model: "m", depth: 3 } } }),
    expert("b", 1, { capabilities: ["write"] }),
  ],
  routing: { successWorth: 10, secondCost: 0 },
};

const request = (
  input: unknown = { text: "hello" },
  kind = "ask",
): TaskRequest => anyRequest({ kind, inputJson: JSON.stringify(input) });

function setUp() {
  const env = new FakeEnv();
  const store = openStore(":memory:", "normal", env);
  const said: string[] = [];
  const newDesk = (): RoutingDesk =>
    new RoutingDesk({
      store,
      env,
      log: (_, event) => void said.push(event),
      settings: SETTINGS,
    });
  let seq = 0;
  /** As a server stores what was routed and came of it. */
  const lives = async (
    desk: RoutingDesk,
    routed: RoutedTask,
    state: TerminalState,
  ): Promise<void> => {
    const { kind, idempotencyKey } = routed.request;
    const id = taskId(String(++seq));
    store.raw.run(
      "INSERT INTO tasks (seq, id, kind, idempotency_key, input, priority, state, attempt, fence, submitted_at) VALUES (?, ?, ?, ?, '{}', 0, 'queued', 1, 1, 1)",
      [seq, id, kind, idempotencyKey],
    );
    await desk.noted(id, routed);
    store.raw.run(
      "INSERT INTO outcomes (task_seq, kind, state, attempt, run_ms, cost, settled_at) VALUES (?, ?, ?, 1, 40, 1, 1)",
      [seq, kind, state],
    );
  };
  const work = async (desk: RoutingDesk, count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      env.advance(1_000);
      const routed = desk.route(request({ text: `task ${at % 7}` }));
      await lives(desk, routed, routed.expert === "a" ? "failed" : "completed");
    }
  };
  const choices = (desk: RoutingDesk): Record<string, number> => {
    const counts: Record<string, number> = { a: 0, b: 0 };
    for (let at = 0; at < 100; at++) counts[desk.route(request()).expert]!++;
    return counts;
  };
  return { env, store, said, newDesk, lives, work, choices };
}

test("a task becomes the chosen expert's own, with the odds of the choice and all that is learned by", () => {
  const { newDesk } = setUp();
  const desk = newDesk();
  expect([desk.serves("ask"), desk.serves("sing")]).toEqual([true, false]);
  const routed = Array.from({ length: 20 }, () => desk.route(request()));
  const toA = routed.find((it) => it.expert === "a")!;
  expect(toA.request).toEqual({
    ...request({ text: "hello", model: "m", depth: 3 }),
    kind: "run-a",
  });
  const toB = routed.find((it) => it.expert === "b")!;
  expect(toB.request).toEqual({ ...request(), kind: "b" });
  const { policy, choice, propensity, alternatives, reason } = toB.decision!;
  expect({ policy, choice }).toEqual({ policy: "router", choice: "b" });
  expect(alternatives.map((it) => it.choice)).toEqual(["a", "b"]);
  expect(propensity).toBe(alternatives[1]!.propensity);
  expect(reason).toMatchObject({
    asked: "ask",
    learned_until: 0,
    seed: expect.any(Number),
  });
  // The words themselves are not kept.
  expect(JSON.stringify(reason)).not.toContain("hello");
});

test("it learns from what was stored, by whichever server, and the next goes on from it", async () => {
  const { store, newDesk, work, choices, env } = setUp();
  const [first, second] = [newDesk(), newDesk()];
  await work(first, 60);
  env.advance(1_000);
  expect(choices(second)["b"]).toBeGreaterThan(85);
  await first.stop();
  const saved = store.raw
    .query<{ seq: number }, []>(
      "SELECT seq FROM learned_states WHERE learner = 'router'",
    )
    .get();
  expect(saved?.seq).toBe(60);
  const { router, seq, warning } = readRouter(store.raw, SETTINGS);
  expect({ seq, warning, runs: router.runs }).toEqual({
    seq: 60,
    warning: null,
    runs: 60,
  });
  store.raw.run("DELETE FROM outcomes WHERE seq < 60");
  expect(choices(newDesk())["b"]).toBeGreaterThan(85);
});

test("a long way behind, it catches up between what else there is to do", async () => {
  const { store, newDesk, work, choices } = setUp();
  await work(newDesk(), 60);
  // As after long use, of which most is pruned.
  store.raw.run("UPDATE outcomes SET seq = seq + 5000");
  const desk = newDesk();
  expect(choices(desk)["b"]).toBeLessThan(85);
  desk.start();
  for (let turn = 0; turn < 60; turn++)
    await new Promise((goOn) => setImmediate(goOn));
  expect(choices(desk)["b"]).toBeGreaterThan(85);
});

test("a decision can be made again from what was stored before it, its task and its seed", async () => {
  const { store, newDesk, work, env } = setUp();
  const desk = newDesk();
  await work(desk, 40);
  env.advance(1_000);
  const task = request({ text: "task 3" });
  const { expert: chosen, decision } = desk.route(task);
  const { router } = readRouter(store.raw, SETTINGS);
  const { seed } = decision!.reason as { seed: number };
  const again = router.decide(questionOf("ask", task.inputJson), seed);
  expect(again.choice).toBe(chosen);
  expect(again.propensity).toBe(decision!.propensity);
});

test("with a key that was used before the expert stays, whatever was learned since", async () => {
  const { newDesk, lives, work } = setUp();
  const desk = newDesk();
  const keys = Array.from({ length: 20 }, (_, n) => `key ${n}`);
  const all = keys.map((idempotencyKey) => ({ ...request(), idempotencyKey }));
  // The odds for either are about even.
  const keyed = all.find((it) => desk.route(it).expert === "a")!;
  const routed = desk.route(keyed);
  await lives(desk, routed, "failed");
  await work(desk, 60);
  for (let at = 0; at < 20; at++)
    expect(desk.route(keyed)).toEqual({ ...routed, decision: null });
});

test("with one key two that ask in the same moment get the same expert: it is not known yet to be one task", () => {
  const { newDesk } = setUp();
  const [desk, other] = [newDesk(), newDesk()];
  const experts = Array.from({ length: 20 }, (_, n) => {
    const keyed = { ...request(), idempotencyKey: `key ${n}` };
    const asked = [desk, desk, other].map((it) => it.route(keyed).expert);
    expect(new Set(asked).size).toBe(1);
    return asked[0];
  });
  expect(new Set(experts).size).toBe(2);
});

test("a command reads the task's input on stdin: a text as it is, else JSON", () => {
  const tool = expert("tool", 0, {
    run: { kind: "shell", input: { argv: ["t", "-x"] }, readsStdin: true },
  });
  expect(expertInput("why?", tool)).toEqual({
    argv: ["t", "-x"],
    stdin: "why?",
  });
  expect(expertInput({ argv: ["rm"], n: 1 }, tool)).toEqual({
    argv: ["t", "-x"],
    stdin: '{"argv":["rm"],"n":1}',
  });
});

test("kinds that only experts do are listed beside the others", () => {
  const desk = setUp().newDesk();
  const known = {
    kind: "b",
    description: "",
    inputSchema: null,
    effects: "once",
    timeoutMs: 700,
    capabilities: [],
  } as const;
  expect(desk.kindsBeside([known])).toEqual([
    {
      kind: "ask",
      description:
        "Done by one of the experts a, b; which one is learned from outcomes.",
      inputSchema: null,
      effects: "once",
      timeoutMs: 700,
      capabilities: ["write"],
    },
  ]);
  expect(desk.kindsBeside([{ ...known, kind: "ask" }])).toEqual([]);
});

test("a choice that cannot be stored is said, and no more", async () => {
  const { store, said, newDesk } = setUp();
  const desk = newDesk();
  const routed = desk.route(request());
  store.raw.run("DROP TABLE decisions");
  await desk.noted(taskId("1"), routed);
  expect(said).toEqual(["learning.not_saved"]);
});

test("a cancelled task says nothing, and a damaged row is passed over", async () => {
  const { store, newDesk, lives, env } = setUp();
  const desk = newDesk();
  await lives(desk, desk.route(request()), "cancelled");
  await lives(desk, desk.route(request()), "timed_out");
  await lives(desk, desk.route(request()), "completed");
  store.raw.run("UPDATE decisions SET reason = '{' WHERE id = 3");
  env.advance(1_000);
  desk.route(request());
  expect(readRouter(store.raw, SETTINGS).router.runs).toBe(1);
  await desk.stop();
});

test("what is damaged is said and learned again", async () => {
  const { store, said, newDesk, work, choices } = setUp();
  const first = newDesk();
  await work(first, 60);
  await first.stop();
  for (const state of [
    "{",
    "{}",
    '{"version":1}',
    '{"version":1,"words":{"tasks":1,"counts":""},"shared":{"moved":""},"all":7,"experts":{}}',
  ]) {
    store.raw.run("UPDATE learned_states SET state = ?", [state]);
    said.length = 0;
    const next = newDesk();
    expect(said).toEqual(["learning.damaged"]);
    expect(choices(next)["b"]).toBeGreaterThan(85);
  }
});

test("what cannot be routed is refused, and why is said", () => {
  const desk = setUp().newDesk();
  const refusal = (act: () => unknown, error: object): void => {
    expect(act).toThrow(expect.objectContaining(error));
  };
  refusal(() => desk.route(request({}, "sing")), { code: "UNKNOWN_KIND" });
  refusal(() => desk.route(request(), { needs: ["fly"] }), {
    code: "NOT_FOUND",
    message: expect.stringContaining("'a' is ruled out: it cannot do fly"),
  });
  refusal(
    () => {
      for (let at = 0; at < 20; at++) desk.route(request("only text"));
    },
    { code: "INVALID_ARGUMENT" },
  );
});
