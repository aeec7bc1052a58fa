import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(30_000);
const server = sharedServer({
  env: {
    FLOW_BALANCER_POOL_CANCEL_GRACE_MS: "300",
    FLOW_BALANCER_POOL_MAX_WORKERS: "4",
  },
});
const script = (code: string, more: object = {}) =>
  server.client.script(code, more);
const value = (expression: string) => `export default () => (${expression})`;

async function fails(
  code: string,
  error: string,
  message: string,
  more: object = {},
): Promise<void> {
  const answer = await script(code, more);
  expect({ status: answer.status, code: answer.error?.code }).toEqual({
    status: error === "TASK_TIMEOUT" ? "timed_out" : "failed",
    code: error,
  });
  expect(answer.error.message).toContain(message);
}

describe("printing", () => {
  const PRINT = `import { spawnSync } from "node:child_process";
    import { writeSync } from "node:fs";
    export default async () => {
      console.log("log"); console.info("info"); console.debug("debug"); console.warn("warn"); console.error("error");
      console.table([{ a: 1 }]); console.dir({ a: 1 }); console.group("group"); console.groupEnd(); console.trace("trace");
      console.assert(false, "assert"); console.count(); console.write?.("console.write\\n");
      process.stdout.write("stdout.write\\n"); process.stderr.write("stderr.write\\n");
      await new Promise((done) => process.stdout.write("with callback\\n", done as any));
      await new Promise((done) => process.stderr.write("with encoding\\n", "utf8", done as any));
      process.stdout.write(Buffer.from("bytes\\n"));
      await Bun.write(Bun.stdout, "Bun.write\\n");
      const sink = Bun.stdout.writer(); sink.write("writer\\n"); await sink.flush();
      try { writeSync(1, "fd 1\\n"); } catch {}
      spawnSync("sh", ["-c", "printf '{\\"jsonrpc\\":\\"2.0\\",\\"id\\":1,\\"result\\":{}}\\\\n'"], { stdio: "inherit" });
      Bun.spawnSync(["printf", "native"], { stdio: ["inherit", "inherit", "inherit"] });
      return "printed";
    }`;

  test("in any way never reaches the MCP stream; what the console prints is the task's output", async () => {
    const answer = await script(PRINT);
    expect(answer).toMatchObject({ status: "completed", value: "printed" });
    const { text } = await server.client.ask("read_task_output", {
      task_id: answer.task_id,
    });
    for (const line of [
      "log",
      "info",
      "debug",
      "warn",
      "error",
      "stdout.write",
      "stderr.write",
      "with callback",
      "with encoding",
      "bytes",
    ])
      expect(text.split("\n")).toContain(line);
    expect(server.client.impure).toEqual([]);
  });

  test("without end is kept up to the limit, and counted beyond it", async () => {
    const answer = await script(
      "export default () => { for (let i = 0; i < 3000; i++) console.log('x'.repeat(1023)); return 'flooded'; }",
    );
    expect(answer.value).toBe("flooded");
    const read = await server.client.ask("read_task_output", {
      task_id: answer.task_id,
      limit: 10,
    });
    expect(read).toMatchObject({
      text: "x".repeat(10),
      truncated: true,
      bytes_printed: 3_000 * 1_024,
    });
  });
});

describe("results", () => {
  test("that JSON cannot hold name where they are", async () => {
    for (const [expression, what] of [
      ["() => 1", "function"],
      ["Symbol('s')", "symbol"],
      ["10n", "bigint"],
      ["{ a: { b: () => 1 } }", "'b'"],
      ["[1, [2n]]", "'0'"],
      ["(() => { const a: any = {}; a.a = a; return a; })()", "cycl"],
      ["{ toJSON() { throw new Error('no json'); } }", "no json"],
      ["new Proxy({}, { ownKeys() { throw new Error('trap'); } })", "trap"],
      ["{ get x() { throw null; } }", "null"],
    ] as const)
      await fails(value(expression), "RESULT_NOT_SERIALIZABLE", what);
  });

  test("of other kinds come out as JSON has them", async () => {
    for (const [expression, expected] of [
      ["undefined", null],
      ["[undefined, NaN, Infinity]", [null, null, null]],
      ["new Date(0)", "1970-01-01T00:00:00.000Z"],
      ["new Map([[1, 2]])", {}],
      ["Promise.resolve('later')", "later"],
      ["'\\ud800'", "\ud800"],
    ] as const)
      expect((await script(value(expression))).value).toEqual(
        expected as never,
      );
  });

  test("larger than the limit are refused with it; those below pass", async () => {
    await fails(
      value("'x'.repeat(11_000_000)"),
      "PAYLOAD_TOO_LARGE",
      "the limit is 10485760",
    );
    expect((await script(value("'x'.repeat(9_000_000)"))).value).toHaveLength(
      9_000_000,
    );
  });

  test("nested deeper than anything real still leave the server alive", async () => {
    for (const depth of [100, 5_000, 100_000]) {
      const answer = await script(
        `export default () => { let v: any = 1; for (let i = 0; i < ${depth}; i++) v = [v]; return v; }`,
      );
      expect(["completed", "failed"]).toContain(answer.status ?? answer.code);
    }
  });

  test("with keys that reach into prototypes stay what they are: data", async () => {
    const answer = await script(
      value(`JSON.parse('{"__proto__":{"polluted":1},"a":1}')`),
    );
    expect(answer.status).toBe("completed");
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(answer.value.a).toBe(1);
  });
});
