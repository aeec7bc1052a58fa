import {
  afterAll,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import type { Message } from "../support/line-client.ts";
import {
  GENERATIONS,
  sdkClients,
  type SdkClient,
} from "../support/sdk-clients.ts";

setDefaultTimeout(30_000);

const KIND = `
import { defineTask } from "flow-balancer/task";
const input = { "~standard": { version: 1, vendor: "test",
  validate: (value: any) => typeof value?.n === "number" ? { value } : { issues: [{ message: "expected a number", path: ["n"] }] },
  jsonSchema: { input: () => ({ type: "object", properties: { n: { type: "number" } }, required: ["n"] }) } } };
export default defineTask({ kind: "square", description: "Squares a number", input, run: ({ n }: any) => n * n });`;

const POOL_TOOLS = [
  "run_task",
  "submit_task",
  "run_batch",
  "map_task",
  "await_task",
  "read_task_output",
  "cancel_task",
  "list_tasks",
  "pool_status",
  "open_session",
  "close_session",
];
const BOARD_TOOLS = [
  "add_tasks",
  "claim_task",
  "complete_task",
  "flow_status",
  "update_task",
];

describe.each(GENERATIONS)(
  "what the server offers, %s client",
  (generation) => {
    const connect = sdkClients(afterAll);
    let sdk: SdkClient;
    beforeAll(async () => {
      sdk = await connect(generation, {
        files: {
          "flow-balancer.toml": '[kinds.square]\nmodule = "./square.ts"\n',
          "square.ts": KIND,
        },
      });
    });
    const read = async (uri: string): Promise<Message> =>
      (await sdk.client.readResource({ uri })).contents[0];
    const readJson = async (uri: string): Promise<Message> =>
      JSON.parse((await read(uri)).text);

    test("lists its tools, each with schemas, annotations and a short description", async () => {
      const { tools } = await sdk.client.listTools();
      expect(tools.map(({ name }) => name).sort()).toEqual(
        [...POOL_TOOLS, ...BOARD_TOOLS].sort(),
      );
      for (const tool of tools) {
        expect(tool.inputSchema.type).toBe("object");
        expect(tool.outputSchema).toBeDefined();
        expect(tool.annotations).toBeDefined();
        expect(tool.title).toBeString();
        expect(tool.description!.length).toBeLessThan(2_048);
      }
    });

    test("a configured kind runs, checks its input and shows its schema", async () => {
      expect(
        await sdk.ask("run_task", { kind: "square", input: { n: 12 } }),
      ).toMatchObject({ value: 144 });
      expect(
        await sdk.ask("run_task", { kind: "square", input: { n: "x" } }),
      ).toMatchObject({
        status: "failed",
        error: {
          code: "INVALID_INPUT",
          message: expect.stringContaining("/n: expected a number"),
          hint: expect.any(String),
        },
      });
      const described = await sdk.ask("pool_status", { kind: "square" });
      expect(described).toMatchObject({
        kind: "square",
        description: "Squares a number",
        effects: "idempotent",
        input_schema: { required: ["n"] },
      });
      expect(await readJson("kind://square")).toEqual(described);
    });

    test("resources say what the tools say", async () => {
      const { resources } = await sdk.client.listResources();
      expect(resources.map(({ uri }) => uri).sort()).toEqual([
        "config://effective",
        "pool://status",
      ]);
      const run = await sdk.ask("run_task", {
        kind: "shell",
        input: { argv: ["echo", "printed"] },
      });
      const status = await readJson("pool://status");
      expect(status.workers.length).toBeGreaterThan(0);
      expect(status.pool.keep_warm).toContainEqual({
        kind: "shell",
        keep_ms: expect.any(Number),
        basis: "prior",
        gaps: expect.any(Number),
      });
      expect(Object.keys(status)).toEqual(
        Object.keys(await sdk.ask("pool_status", {})),
      );
      expect(await readJson(`pool://workers/${run.worker}`)).toMatchObject({
        id: run.worker,
      });
      expect(await readJson(`task://${run.task_id}`)).toMatchObject({
        task_id: run.task_id,
        kind: "shell",
        status: "completed",
        value: { stdout: "printed\n" },
      });
      expect(await read(`task://${run.task_id}/output`)).toMatchObject({
        mimeType: "text/plain",
        text: "printed\n",
      });
      expect(await readJson("stats://timeouts/shell")).toMatchObject({
        kind: "shell",
        n: expect.any(Number),
        timeout_ms: 300_000,
      });
      expect(JSON.stringify(await readJson("config://effective"))).toContain(
        sdk.place.project,
      );
    });

    test("a resource that is not there is an error with the right code", async () => {
      for (const uri of [
        "task://task_nope",
        "pool://workers/w999",
        "kind://nope",
        "stats://timeouts/nope",
        "nope://x",
      ]) {
        const error = await sdk.client.readResource({ uri }).then(
          () => null,
          (thrown: { code: number }) => thrown,
        );
        expect([-32002, -32602]).toContain(error?.code ?? 0);
      }
    });

    test("templates are listed and their variables completed", async () => {
      const { resourceTemplates } = await sdk.client.listResourceTemplates();
      expect(
        resourceTemplates.map(({ uriTemplate }) => uriTemplate).sort(),
      ).toEqual([
        "kind://{kind}",
        "pool://workers/{id}",
        "stats://ensembles/{type}",
        "stats://patience/{client}",
        "stats://timeouts/{kind}",
        "task://{id}",
        "task://{id}/output",
      ]);
      const complete = async (
        uri: string,
        name: string,
        value: string,
      ): Promise<string[]> =>
        (
          await sdk.client.complete({
            ref: { type: "ref/resource", uri },
            argument: { name, value },
          })
        ).completion.values;
      expect(await complete("kind://{kind}", "kind", "s")).toEqual([
        "shell",
        "script",
        "square",
      ]);
      expect(await complete("stats://timeouts/{kind}", "kind", "sq")).toEqual([
        "square",
      ]);
      const { task_id, worker } = await sdk.ask("run_task", {
        kind: "shell",
        input: { argv: ["true"] },
      });
      expect(
        await complete("task://{id}", "id", task_id.slice(0, 30)),
      ).toContain(task_id);
      expect(await complete("pool://workers/{id}", "id", "w")).toContain(
        worker,
      );
    });

    test("three prompts, with arguments checked and completed", async () => {
      const { prompts } = await sdk.client.listPrompts();
      expect(prompts.map(({ name }) => name)).toEqual([
        "parallelize",
        "diagnose_pool",
        "tune_timeouts",
      ]);
      const text = async (
        name: string,
        args: Record<string, string> = {},
      ): Promise<string> => {
        const { messages } = await sdk.client.getPrompt({
          name,
          arguments: args,
        });
        return (messages[0]?.content as { text: string }).text;
      };
      expect(
        await text("parallelize", { work: "lint all packages" }),
      ).toContain("lint all packages");
      expect(await text("diagnose_pool")).toContain("pool_status");
      expect(await text("tune_timeouts", { kind: "shell" })).toContain(
        "300000 ms",
      );
      const completed = await sdk.client.complete({
        ref: { type: "ref/prompt", name: "tune_timeouts" },
        argument: { name: "kind", value: "sq" },
      });
      expect(completed.completion.values).toEqual(["square"]);
      expect(
        sdk.client.getPrompt({ name: "parallelize" }),
      ).rejects.toMatchObject({ code: -32602 });
    });

    test("the transport had nothing to complain of", () => {
      expect(sdk.errors).toEqual([]);
    });
  },
);
