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

async function fails(
  code: string,
  error: string,
  message: string,
  more: object = {},
): Promise<void> {
  const answer = await script(code, more);
  expect({ status: answer.status, code: answer.error?.code }).toEqual({
    status:
      { TASK_TIMEOUT: "timed_out", POISONED: "poisoned" }[error] ?? "failed",
    code: error,
  });
  expect(answer.error.message).toContain(message);
}

describe("source text", () => {
  test("that is none, has a mistake, or misses a package says so", async () => {
    for (const input of [
      {},
      { code: "" },
      { code: 3 },
      [],
      null,
      { code: "1", extra: 1 },
    ])
      expect(
        await server.client.ask("run_task", { kind: "script", input }),
      ).toMatchObject({ status: "failed", error: { code: "INVALID_INPUT" } });
    await fails(
      "export default () => {\n  let = ;\n}",
      "MODULE_SYNTAX",
      "code:2:",
    );
    await fails(
      "import 'left-pad-nobody-has'; export default () => 1",
      "MODULE_IMPORT",
      "left-pad-nobody-has",
    );
    await fails(
      "import './beside.ts'; export default () => 1",
      "MODULE_IMPORT",
      "beside",
    );
  });

  test("that exports nothing to call says what it found", async () => {
    await fails("export const x = 1", "MODULE_CONTRACT", "no default");
    await fails("export default 5", "MODULE_CONTRACT", "number");
    await fails("export default { run() {} }", "MODULE_CONTRACT", "object");
  });

  test("that throws while it is imported says what", () =>
    fails(
      "throw new Error('at import'); export default () => 1",
      "MODULE_IMPORT",
      "at import",
    ));

  test("that never finishes its import is ended at its deadline", () =>
    fails(
      "await new Promise(() => {}); export default () => 1",
      "TASK_TIMEOUT",
      "200 ms",
      { timeout_ms: 200 },
    ));

  test("that exits while it is imported ends its worker alone", () =>
    fails(
      "process.exit(9); export default () => 1",
      "POISONED",
      "exited with code 9",
    ));
});

describe("ends", () => {
  test("by a throw of whatever sort say what was thrown", async () => {
    for (const [thrown, message] of [
      ["new TypeError('typed')", "TypeError: typed"],
      ["'text'", "text"],
      ["null", "null"],
      ["undefined", "undefined"],
      ["5", "5"],
      ["Symbol('sym')", "sym"],
      ["{ message: 'like an error' }", "like an error"],
      ["{}", "object"],
      ["Object.create(null)", ""],
      ["{ get message() { throw 1; } }", ""],
      ["{ toString() { throw 1; } }", ""],
      ["new Proxy({}, { get() { throw 1; }, has() { throw 1; } })", ""],
      ["new Error('x'.repeat(100_000))", "xxx"],
    ] as const)
      await fails(
        `export default () => { throw ${thrown}; }`,
        "TASK_THREW",
        message,
        { timeout_ms: 5_000 },
      );
  });

  test("by process.exit, abort, a signal or a throw outside the call end the worker and name how", async () => {
    await fails(
      "export default () => process.exit(0)",
      "POISONED",
      "exited with code 0",
    );
    await fails(
      "export default () => process.exit(3)",
      "POISONED",
      "exited with code 3",
    );
    await fails(
      "export default () => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); }",
      "POISONED",
      "SIGKILL",
    );
    await fails("export default () => process.abort()", "POISONED", "SIG");
    await fails(
      "export default () => { setTimeout(() => { throw new Error('astray'); }); return new Promise(() => {}); }",
      "POISONED",
      "uncaught: astray",
    );
    await fails(
      "export default () => { process.disconnect(); return new Promise(() => {}); }",
      "POISONED",
      "",
    );
  });

  test("of the worker come after what the task printed before", async () => {
    for (const end of ["process.exit(1)", "setTimeout(() => { throw 1; })"]) {
      const { task_id } = await script(
        `export default () => { console.log("last words"); ${end}; return new Promise(() => {}); }`,
      );
      const read = await server.client.ask("read_task_output", { task_id });
      // Of each of its three tries.
      expect(read).toMatchObject({
        status: "poisoned",
        text: "last words\n".repeat(3),
      });
    }
  });

  test("that never come are ended at the deadline, even from a loop that hears nothing", async () => {
    await fails(
      "export default () => new Promise(() => {})",
      "TASK_TIMEOUT",
      "100 ms",
      { timeout_ms: 100 },
    );
    await fails(
      "export default () => { for (;;); }",
      "TASK_TIMEOUT",
      "was killed by SIG",
      { timeout_ms: 100 },
    );
    await fails(
      "export default () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
      "TASK_TIMEOUT",
      "was killed by SIG",
      { timeout_ms: 100 },
    );
    await fails(
      "process.on('SIGTERM', () => {}); export default () => { for (;;); }",
      "TASK_TIMEOUT",
      "was killed by SIG",
      { timeout_ms: 100 },
    );
    await fails(
      "export default () => { process.kill(process.pid, 'SIGSTOP'); return new Promise(() => {}); }",
      "TASK_TIMEOUT",
      "was killed by SIG",
      { timeout_ms: 100 },
    );
  });

  test("by a rejection nobody handles do not undo a value that was returned", async () => {
    const answer = await script(
      "export default async () => { void Promise.reject(new Error('loose')); await Bun.sleep(20); return 'returned'; }",
    );
    expect(answer).toMatchObject({ status: "completed", value: "returned" });
    expect(
      (await server.client.ask("read_task_output", { task_id: answer.task_id }))
        .text,
    ).toContain("loose");
    const after = await script(
      "export default () => { setTimeout(() => void Promise.reject(new Error('after'))); return 1; }",
    );
    expect(after.value).toBe(1);
  });
});
