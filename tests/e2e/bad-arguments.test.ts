import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(30_000);
const server = sharedServer();

const ok = { kind: "shell", input: { argv: ["true"] } };

/** What a refused call says: always code, message, hint and whether trying again can help. */
async function refused(
  tool: string,
  args: unknown,
  code: string,
  message: string,
): Promise<void> {
  const result = await server.client.call(tool, args as object);
  expect(result).toMatchObject({
    isError: true,
    structuredContent: {
      code,
      message: expect.stringContaining(message),
      hint: expect.stringMatching(/./),
      retryable: false,
    },
  });
  expect(result.content[0].text).toStartWith(`${code}: `);
}

describe("arguments of the tools", () => {
  test("an unknown kind is named with those there are", () =>
    refused(
      "run_task",
      { kind: "shel", input: {} },
      "UNKNOWN_KIND",
      "there are shell, script",
    ));

  test("unknown, missing and mistyped arguments are named by pointer", async () => {
    await refused(
      "run_task",
      { ...ok, timeoutms: 5 },
      "INVALID_ARGUMENT",
      "timeoutms",
    );
    await refused(
      "run_task",
      { kind: "shell" },
      "INVALID_ARGUMENT",
      "/input: required",
    );
    await refused("run_task", {}, "INVALID_ARGUMENT", "/kind: required");
    await refused("run_task", { ...ok, kind: 3 }, "INVALID_ARGUMENT", "/kind");
    await refused(
      "run_task",
      { ...ok, session: {} },
      "INVALID_ARGUMENT",
      "/session",
    );
    await refused(
      "run_batch",
      { tasks: [ok, { ...ok, prio: 1 }] },
      "INVALID_ARGUMENT",
      "/tasks/1/prio",
    );
    await refused("run_batch", { tasks: [] }, "INVALID_ARGUMENT", "/tasks");
    await refused(
      "run_batch",
      { tasks: [ok], on_error: "ignore" },
      "INVALID_ARGUMENT",
      "/on_error",
    );
    await refused(
      "await_task",
      { task_ids: "x" },
      "INVALID_ARGUMENT",
      "/task_ids",
    );
    for (const args of [[], "x", 3])
      expect(
        await server.client.request("tools/call", {
          name: "run_task",
          arguments: args,
        }),
      ).toMatchObject({ error: { code: -32602 } });
  });

  test("numbers outside their limits are refused with the limit", async () => {
    const { client } = server;
    for (const timeout_ms of [-1, 0, 2 ** 31, 2 ** 33, 86_400_001])
      await refused(
        "run_task",
        { ...ok, timeout_ms },
        "OUT_OF_RANGE",
        "/timeout_ms",
      );
    await refused(
      "run_task",
      { ...ok, wait_ms: -1 },
      "OUT_OF_RANGE",
      "/wait_ms",
    );
    await refused(
      "run_task",
      { ...ok, priority: 11 },
      "OUT_OF_RANGE",
      "/priority",
    );
    await refused(
      "run_batch",
      { tasks: [ok], max_parallel: 0 },
      "OUT_OF_RANGE",
      "/max_parallel",
    );
    for (const timeout_ms of [1.5, "5", null, true])
      await refused(
        "run_task",
        { ...ok, timeout_ms },
        "INVALID_ARGUMENT",
        "/timeout_ms",
      );
    // What JSON.parse makes Infinity of.
    let id = 8_000;
    for (const number of ["1e400", "-1e400", "9007199254740993"]) {
      client.write(
        `{"jsonrpc":"2.0","id":${++id},"method":"tools/call","params":{"name":"run_task","arguments":{"kind":"shell","input":{"argv":["true"]},"timeout_ms":${number}}}}\n`,
      );
      expect((await client.answer(id)).result).toMatchObject({
        isError: true,
        structuredContent: {
          code: expect.stringMatching(/^(OUT_OF_RANGE|INVALID_ARGUMENT)$/),
          message: expect.stringContaining("/timeout_ms"),
        },
      });
    }
  });

  test("the longest timeout that is allowed does not end a task at once", async () => {
    expect(
      await server.client.ask("run_task", {
        ...ok,
        timeout_ms: 86_400_000,
        wait_ms: 86_400_000,
      }),
    ).toMatchObject({ status: "completed" });
  });

  test("unknown tasks are not found by any tool", async () => {
    for (const [tool, args] of [
      ["await_task", { task_ids: ["task_nope"] }],
      ["read_task_output", { task_id: "task_nope" }],
      ["cancel_task", { task_id: "task_nope" }],
      ["submit_task", { ...ok, after: ["task_nope"] }],
    ] as const)
      await refused(tool, args, "NOT_FOUND", "task_nope");
  });

  test("an input of megabytes passes whole", async () => {
    const args = "x".repeat(4 << 20);
    expect(
      await server.client.script("export default (a: string) => a.length", {
        input: { code: "export default (a: string) => a.length", args },
      }),
    ).toMatchObject({ value: args.length });
  });
});
