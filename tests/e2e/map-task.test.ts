import {
  afterAll,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import {
  GENERATIONS,
  sdkClients,
  type SdkClient,
} from "../support/sdk-clients.ts";
import { until } from "../support/until.ts";
import { runCli } from "../commands/run-cli.ts";

setDefaultTimeout(30_000);

/** Squares; 13 throws, 66 ends its process, 77 takes for ever, and 88 gives back more than may be kept with others. */
const SQUARE = `import { defineTask } from "flow-balancer/task";
const input = { "~standard": { version: 1, vendor: "test", validate: (value) => typeof value === "number" ? { value } : { issues: [{ message: "not a number" }] } } };
export default defineTask({ kind: "square", input, async run(n, ctx) {
  if (n === 13) throw new Error("unlucky");
  if (n === 66) process.exit(3);
  if (n === 77) await new Promise(() => {});
  if (n === 88) return "8".repeat(300_000);
  if (n === 0.5) await new Promise((resolve) => setTimeout(resolve, 400));
  return n * n;
} });`;
const CONFIG = `[tasks]
max_result_bytes = 400_000
[kinds.square]
module = "./square.ts"
effects = "none"
[kinds.limited]
module = "./square.ts"
concurrency = 1
`;

describe.each(GENERATIONS)("map_task, %s client", (generation) => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect(generation, {
      env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2" },
      files: { "flow-balancer.toml": CONFIG, "square.ts": SQUARE },
    });
  });

  const upTo = (count: number): number[] =>
    Array.from({ length: count }, (_, n) => 100 + n);

  test("answers in item order, in far fewer chunks than items", async () => {
    const items = upTo(500);
    const answer = await sdk.ask("map_task", { kind: "square", items });
    expect(answer.status).toBe("completed");
    expect(answer.values).toEqual(items.map((n) => n * n));
    expect(answer.failed).toEqual([]);
    expect(answer.chunks).toBeLessThan(50);
    expect(answer.efficiency).toBeGreaterThan(0);
    expect(answer.efficiency).toBeLessThan(1);
  });

  test("an item that fails fails alone, and says which", async () => {
    const items = [1, 13, "two", 3];
    const answer = await sdk.ask("map_task", {
      kind: "square",
      items,
      chunk: 4,
    });
    expect(answer.status).toBe("failed");
    expect(answer.values).toEqual([1, null, null, 9]);
    expect(
      answer.failed.map((it: { item: number; error: { code: string } }) => [
        it.item,
        it.error.code,
      ]),
    ).toEqual([
      [1, "TASK_THREW"],
      [2, "INVALID_INPUT"],
    ]);
  });
});

describe("a map with things that go wrong", () => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect("v2", {
      env: { FLOW_BALANCER_POOL_MAX_WORKERS: "2" },
      files: {
        "flow-balancer.toml": `${CONFIG}[patience]\nunknown_ms = 1_000\n`,
        "square.ts": SQUARE,
      },
    });
  });

  /** The first answer, and the last. */
  async function ended(args: object) {
    const first = await sdk.ask("map_task", args);
    let answer = first;
    while (answer.status === "working")
      answer = await sdk.ask("map_task", { map_id: first.map_id });
    return { first, answer };
  }

  test("an item that ends its worker, hangs or returns too much costs the others nothing", async () => {
    const items = [1, 66, 2, 77, 3, 88, 88, 4];
    const { answer } = await ended({
      kind: "square",
      items,
      chunk: 8,
      timeout_ms: 250,
    });
    expect(answer.values.map((it: unknown) => typeof it)).toEqual([
      "number",
      "object",
      "number",
      "object",
      "number",
      "string",
      "string",
      "number",
    ]);
    expect(
      answer.failed.map((it: { item: number; error: { code: string } }) => [
        it.item,
        it.error.code,
      ]),
    ).toEqual([
      [1, "POISONED"],
      [3, "TASK_TIMEOUT"],
    ]);
  });

  test("one that outlasts its caller's patience goes on, and is asked for again by its map_id, once", async () => {
    const items = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 2];
    const { first, answer } = await ended({ kind: "square", items });
    expect(first).toMatchObject({ status: "working", items: 7 });
    expect(answer.values).toEqual([0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 4]);
    const { map_id } = first;
    const again = await sdk.call("map_task", { map_id });
    expect(again.isError).toBe(true);
    expect(again.structuredContent.code).toBe("NOT_FOUND");
  });

  test("one that is cancelled ends its tasks", async () => {
    const stop = new AbortController();
    const asked = sdk
      .call(
        "map_task",
        { kind: "square", items: [77, 77, 77, 77] },
        { signal: stop.signal },
      )
      .catch(() => null);
    await until("a task runs", async () => (await running()) > 0);
    stop.abort();
    await asked;
    await until("no task runs", async () => (await running()) === 0);
  });

  test("one that goes on is stopped by its map_id, and says what came of it", async () => {
    const { map_id, status } = await sdk.ask("map_task", {
      kind: "square",
      items: [5, 77, 77, 77, 77],
      chunk: 1,
    });
    expect(status).toBe("working");
    let answer = await sdk.ask("map_task", { map_id, cancel: true });
    while (answer.status === "working")
      answer = await sdk.ask("map_task", { map_id });
    expect(answer.status).toBe("failed");
    expect(answer.values).toEqual([25, null, null, null, null]);
    expect(
      answer.failed.map((it: { error: { code: string } }) => it.error.code),
    ).toEqual(["CANCELLED", "CANCELLED", "CANCELLED", "CANCELLED"]);
    expect(await running()).toBe(0);
  });

  const running = async (): Promise<number> => {
    const { tasks } = await sdk.ask("list_tasks", { state: "running" });
    return tasks.length;
  };

  test.each([
    [{}, "/kind: is missing"],
    [{ kind: "square" }, "/items: is missing"],
    [{ kind: "sqare", items: [1] }, "did you mean 'square'?"],
    [{ kind: "square", items: [] }, "/items"],
    [{ kind: "square", items: [1], map_id: "map_1" }, "/map_id"],
    [{ kind: "square", items: [1], chunk: 0 }, "/chunk"],
    [{ kind: "square", items: [1], cancel: true }, "/cancel"],
  ])("%j is refused, saying why", async (args, says) => {
    const { isError, structuredContent } = await sdk.call("map_task", args);
    expect(isError).toBe(true);
    expect(structuredContent.message).toContain(says);
  });
});

describe("what a map showed", () => {
  const connect = sdkClients(afterAll);

  test("is there for the next one, for recommend_split and for the command", async () => {
    const sdk = await connect("v2", {
      env: {
        FLOW_BALANCER_POOL_MAX_WORKERS: "2",
        FLOW_BALANCER_TOOLSETS: "pool,learning",
      },
      files: { "flow-balancer.toml": CONFIG, "square.ts": SQUARE },
    });
    const asked = { complexity: 4, kind: "square", items: 1_000 };
    expect((await sdk.ask("recommend_split", asked)).efficiency).toBeNull();
    const items = Array.from({ length: 300 }, (_, n) => 100 + n);
    await sdk.ask("map_task", { kind: "square", items, chunk: 30 });
    const known = await sdk.ask("recommend_split", asked);
    expect(known.subtasks).toBeGreaterThanOrEqual(25);
    expect(known.efficiency).toBeGreaterThan(0);
    expect(known.why[0]).toContain("from 10 chunks of square");
    const { project, env } = sdk.place;
    const command = ["--complexity=4", "--kind=square", "--items=1000"];
    await until("the command says the same", async () => {
      const { code, stdout } = await runCli(
        ["recommend-split", ...command, "--json"],
        { cwd: project, env },
      );
      expect(code).toBe(0);
      return JSON.parse(stdout).why[0] === known.why[0];
    });
  });
});
