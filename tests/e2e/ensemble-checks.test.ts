import {
  afterAll,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { inTurn, LEARNING } from "../support/ensemble-tasks.ts";
import type { Message } from "../support/line-client.ts";
import { sdkClients, type SdkClient } from "../support/sdk-clients.ts";

setDefaultTimeout(30_000);

const connect = sdkClients(afterAll);

describe("run_ensemble", () => {
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect("v2", { env: LEARNING });
  });

  test("lists: the union says who gave what, the intersection what most gave", async () => {
    const lists = ["echo a; echo b", "echo b; echo c", "echo b; echo a"];
    const union = await sdk.ask("run_ensemble", {
      ...inTurn("union", ...lists),
      strategy: "union",
    });
    expect(union).toMatchObject({
      status: "completed",
      value: ["b", "a", "c"],
      support: 3,
    });
    expect(union.items.map(({ support }: Message) => support)).toEqual([
      3, 2, 1,
    ]);
    const some = { ...inTurn("some", ...lists), strategy: "intersection" };
    expect((await sdk.ask("run_ensemble", some)).value).toEqual(["b", "a"]);
    const all = {
      ...inTurn("all", ...lists),
      strategy: "intersection",
      min_support: 3,
    };
    expect((await sdk.ask("run_ensemble", all)).value).toEqual(["b"]);
  });

  test("auto: lists are put together; with a check, the way that scores higher", async () => {
    const lists = {
      kind: "script",
      input: { code: "export default () => ['x', 'y']" },
    };
    const auto = await sdk.ask("run_ensemble", lists);
    expect(auto).toMatchObject({
      strategy: "union",
      value: ["x", "y"],
      calls: { made: 3 },
    });
    const checked = await sdk.ask("run_ensemble", {
      ...inTurn(
        "way",
        'echo \'["p","q"]\'',
        'echo \'["p","wrong"]\'',
        'echo \'["p","q"]\'',
      ),
      check: { schema: { type: "array", items: { enum: ["p", "q"] } } },
    });
    expect(checked).toMatchObject({
      strategy: "intersection",
      value: ["p", "q"],
    });
    expect(checked.why.join("\n")).toContain(
      "union scored 0, intersection scored 1",
    );
  });

  test("a scorer is a task: the highest score has it; where none passes, there is no value", async () => {
    const scorer = {
      kind: "script",
      input: { code: "export default ({ value }) => Number(value) / 10" },
    };
    const best = await sdk.ask("run_ensemble", {
      ...inTurn("score", "echo 2", "echo 9", "echo 7"),
      strategy: "best_quality",
      check: { scorer },
    });
    expect(best).toMatchObject({
      status: "completed",
      value: "9",
      calls: { made: 3 },
    });
    const bad = await sdk.ask("run_ensemble", {
      ...inTurn("low", "echo 2", "echo 1", "echo 3"),
      strategy: "best_quality",
      check: { scorer },
    });
    expect(bad).toMatchObject({ status: "none_passed", value: null });
    const unscored = await sdk.ask("run_ensemble", {
      ...inTurn("odd", "echo 20", "echo 30", "echo 40"),
      strategy: "best_quality",
      check: { scorer },
    });
    expect(unscored).toMatchObject({ status: "no_agreement", value: null });
    expect(unscored.results[0].check).toContain(
      "which is no score from 0 to 1",
    );
  });
});

test("experts of the configuration: each does it in its own way, and its answer bears its name", async () => {
  const expert = (name: string, how: string): string =>
    `[[experts]]\nname = "${name}"\nkinds = ["double"]\n${how}\n`;
  const code = (text: string): string =>
    `task = "script"\ninput = { code = "${text}" }\ncost = 2`;
  const sdk = await connect("v2", {
    env: LEARNING,
    files: {
      "flow-balancer.toml": [
        expert("doubles", code("export default (n) => n * 2")),
        expert("squares", code("export default (n) => n * n")),
        expert("counts", `command = ["sh", "-c", "cat >/dev/null; echo 10"]`),
      ].join("\n"),
    },
  });
  const answer = await sdk.ask("run_ensemble", {
    kind: "double",
    input: { args: 5 },
    experts: ["doubles", "squares", "counts"],
  });
  expect(answer).toMatchObject({
    status: "completed",
    value: 10,
    seats: [1, 3],
    results: [
      { expert: "doubles", value: 10 },
      { expert: "squares", value: 25 },
      { expert: "counts", value: { stdout: "10\n" } },
    ],
  });
  // Numbered in order of completion, which may be any.
  const groups = answer.results.map(({ group }: { group: number }) => group);
  expect(groups[0]).toBe(groups[2]);
  expect(groups[0]).not.toBe(groups[1]);
  expect(answer.why.join("\n")).toContain("all are asked");
  const map = await sdk.ask("map_task", {
    kind: "double",
    items: [{ args: 2 }, { args: 2 }, { args: 2 }],
  });
  expect(map.failed).toEqual([]);
  expect(map.values).toHaveLength(3);
  // Each is a task by itself: who does it is decided for each.
  expect(map.chunks).toBe(3);
  const { contents } = await sdk.client.readResource({
    uri: "stats://timeouts/double",
  });
  const stats = JSON.parse((contents[0] as { text: string }).text);
  expect(stats).toMatchObject({ kind: "double", n: 0, timeout_ms: 300_000 });
  expect(stats.explained[0]).toContain("doubles, squares, counts");
});
