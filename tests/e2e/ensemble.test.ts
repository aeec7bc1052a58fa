import { Database } from "bun:sqlite";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { join } from "node:path";
import { begun, inTurn, LEARNING } from "../support/ensemble-tasks.ts";
import type { Message } from "../support/line-client.ts";
import {
  GENERATIONS,
  sdkClients,
  type SdkClient,
} from "../support/sdk-clients.ts";
import { until } from "../support/until.ts";

setDefaultTimeout(30_000);

describe.each(GENERATIONS)("run_ensemble, %s client", (generation) => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect(generation, { env: LEARNING });
  });

  test("two that agree settle it: the third is never started", async () => {
    const answer = await sdk.ask("run_ensemble", {
      ...inTurn("same", "echo The answer is 42.", "echo 42.0", "echo 42"),
      strategy: "consensus",
    });
    expect(answer).toMatchObject({
      status: "completed",
      strategy: "consensus",
      support: 2,
      chance: null,
      calls: { most: 3, made: 2, saved: 1 },
      results: [
        { seat: 1, status: "completed", group: 1 },
        { seat: 2, status: "completed", group: 1 },
        { seat: 3, status: "not_started" },
      ],
    });
    expect(answer.value).toContain("42");
    expect(answer.why[0]).toContain(
      "whatever the others say cannot change that",
    );
    expect(answer.waste).toBeGreaterThan(0);
    expect(begun(sdk, "same")).toBe(2);
    // What was learned of it is to be read.
    const { contents } = await sdk.client.readResource({
      uri: `stats://ensembles/${encodeURIComponent("shell: sh")}`,
    });
    const { text } = contents[0] as { readonly text: string };
    expect(JSON.parse(text)).toMatchObject({
      type: "shell: sh",
      explained: expect.arrayContaining([expect.stringContaining("1 run")]),
    });
  });

  test("all different: no agreement, and nothing made up", async () => {
    const answer = await sdk.ask("run_ensemble", {
      ...inTurn("differ", "echo 1", "echo 2", "echo 3"),
      strategy: "consensus",
    });
    expect(answer).toMatchObject({
      status: "no_agreement",
      value: null,
      support: 0,
      calls: { made: 3, saved: 0 },
      waste: 0,
    });
    expect(
      answer.results.map(({ value }: Message) => value.stdout).sort(),
    ).toEqual(["1\n", "2\n", "3\n"]);
  });

  test("a check decides: what fails it doesn't count, and the first that passes ends it", async () => {
    const answer = await sdk.ask("run_ensemble", {
      ...inTurn("checked", "echo 3", "echo 4", "echo 4"),
      strategy: "best_quality",
      check: { command: ["sh", "-c", 'test "$(cat)" = 4'] },
    });
    expect(answer).toMatchObject({
      status: "completed",
      value: "4",
      calls: { made: 2, saved: 1 },
      results: [{ score: 0 }, { score: 1 }, { status: "not_started" }],
    });
  });
});

describe("run_ensemble", () => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect("v2", {
      env: { ...LEARNING, FLOW_BALANCER_POOL_MAX_WORKERS: "4" },
    });
  });

  test("all at once: once it is settled, what still runs is cancelled", async () => {
    const answer = await sdk.ask("run_ensemble", {
      ...inTurn("hang", "echo 5", "echo 5", "sleep 60"),
      strategy: "consensus",
      all_at_once: true,
    });
    expect(answer).toMatchObject({
      status: "completed",
      value: "5",
      calls: { made: 3, saved: 0 },
    });
    const left = answer.results.find(
      ({ status }: Message) => status === "cancelling",
    );
    const ended = await sdk.ask("await_task", { task_ids: [left.task_id] });
    expect(ended.results[0].status).toBe("cancelled");
  });

  test("one that fails is no vote; the next is asked in its place", async () => {
    const answer = await sdk.ask("run_ensemble", {
      ...inTurn("fails", "exit 3", "echo 6", "echo 6"),
      strategy: "consensus",
    });
    expect(answer).toMatchObject({
      status: "completed",
      value: "6",
      support: 2,
      calls: { made: 3 },
    });
    const none = await sdk.call("run_ensemble", {
      ...inTurn("none", "exit 1", "exit 1", "exit 1"),
    });
    expect(none).toMatchObject({
      isError: true,
      structuredContent: {
        status: "failed",
        value: null,
        why: expect.arrayContaining(["no attempt completed"]),
      },
    });
  });

  test("a call that is cancelled takes its attempts with it, and starts no more", async () => {
    const cancelled = new AbortController();
    const calling = sdk
      .call(
        "run_ensemble",
        inTurn("gone", "sleep 60", "sleep 60", "sleep 60"),
        {
          signal: cancelled.signal,
        },
      )
      .catch(() => null);
    await until("both began", () => begun(sdk, "gone") === 2);
    cancelled.abort();
    await calling;
    const { tasks } = await sdk.ask("list_tasks", { kind: "shell" });
    const ids = tasks.slice(0, 2).map(({ task_id }: Message) => task_id);
    const { results } = await sdk.ask("await_task", { task_ids: ids });
    expect(results.map(({ status }: Message) => status)).toEqual([
      "cancelled",
      "cancelled",
    ]);
    expect(begun(sdk, "gone")).toBe(2);
  });

  test("a call that can wait no longer: asked again it has the answer, and runs nothing twice", async () => {
    const args = {
      ...inTurn("later", "sleep 0.3; echo 8", "sleep 0.3; echo 8", "echo 9"),
      strategy: "consensus",
    };
    const first = await sdk.ask("run_ensemble", { ...args, wait_ms: 1 });
    expect(first).toMatchObject({ status: "working", value: null });
    const { idempotency_key } = first;
    expect(
      await sdk.ask("run_ensemble", { ...args, idempotency_key }),
    ).toMatchObject({
      status: "completed",
      value: "8",
    });
    // Even after it was told.
    expect(
      await sdk.ask("run_ensemble", { ...args, idempotency_key }),
    ).toMatchObject({ value: "8" });
    expect(begun(sdk, "later")).toBe(2);
  });

  test.each([
    [{ strategy: "best_quality" }, "/check: is missing"],
    [
      { experts: ["nobody"] },
      "there is no expert 'nobody'; none is configured",
    ],
    [
      { attempts: 2, min_support: 3 },
      "/min_support: is 3, and there are 2 attempts",
    ],
    [{ check: {} }, "/check: is empty"],
    [
      { check: { schema: { type: "string", pattern: "(a+)+b" } } },
      "has a regular expression",
    ],
    [{ check: { schema: { $ref: "#" } } }, "refers to itself"],
    [
      {
        check: {
          schema: {
            type: "array",
            items: { $ref: "#/$defs/a" },
            $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
          },
        },
      },
      "refers to itself",
    ],
    [
      { check: { scorer: { kind: "shel" } } },
      "/check/scorer/kind: there is no kind 'shel'",
    ],
    [{ kind: "nothing" }, "/kind: there is no kind 'nothing'"],
  ])("%j is refused before anything is submitted", async (wrong, says) => {
    const before = await sdk.ask("list_tasks", {});
    const result = await sdk.call("run_ensemble", {
      kind: "shell",
      input: { argv: ["true"] },
      ...wrong,
    });
    expect(result).toMatchObject({
      isError: true,
      structuredContent: { message: expect.stringContaining(says) },
    });
    expect((await sdk.ask("list_tasks", {})).tasks[0]).toEqual(before.tasks[0]);
  });
});

describe("what ensembles showed", () => {
  const connect = sdkClients(afterAll);

  test("what was chosen is a row of its first task, and what was seen is there for the next server", async () => {
    const { place, client, ask } = await connect("v2", { env: LEARNING });
    await ask("run_ensemble", {
      kind: "script",
      input: { code: "export default () => 7" },
      check: { schema: { type: "number" } },
    });
    await client.close();
    using db = new Database(join(place.home, "flow.db"), { readonly: true });
    expect(
      db
        .query(
          "SELECT d.choice, d.propensity, d.reason, t.kind FROM decisions d JOIN tasks t ON t.id = d.task_id",
        )
        .all(),
    ).toEqual([
      {
        choice: "parallel",
        propensity: 1,
        kind: "script",
        reason: expect.stringContaining("thin evidence, 0 runs"),
      },
    ]);
    const { state } =
      db
        .query<{ state: string }, []>(
          "SELECT state FROM learned_states WHERE learner = 'ensemble'",
        )
        .get() ?? {};
    expect(JSON.parse(state ?? "{}").reliability.all.experts).toEqual([
      ["script", 1, 1],
    ]);
  });
});
