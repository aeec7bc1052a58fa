import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(30_000);

const INPUT = `const input = { "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) } };`;
const task = (run: string, before = ""): string =>
  `${INPUT}\n${before}\nexport default { kind: "x", input, run: ${run} };`;

/** Name -> source of the module. */
const MODULES: Record<string, string> = {
  throws: "throw new Error('no import today'); export default 1;",
  syntax: "export default {\n  run( {\n};",
  missing_package: "import x from 'nobody-has-this'; export default x;",
  no_default: "export const run = 1;",
  no_run: `${INPUT} export default { kind: "x", input };`,
  no_schema: "export default { kind: 'x', run: () => 1 };",
  hangs: "await new Promise(() => {}); export default 1;",
  spins: "for (;;); export default 1;",
  exits: "process.exit(4); export default 1;",
  prints: task(
    "() => { console.log('at run'); return 'ok'; }",
    "console.log('at import'); process.stdout.write('raw at import\\n'); await Bun.write(Bun.stdout, 'native\\n');",
  ),
  exits_later: task("() => process.exit(0)"),
  silent: task("() => new Promise(() => {})"),
  twice: task(
    "async () => { process.send({ type: 'result', job: 64, outcome: { status: 'completed', valueJson: '1' }, runMs: 1 }); await Bun.sleep(20); return 'mine'; }",
  ),
  schema_throws: `const input = { "~standard": { version: 1, vendor: "t", validate() { throw new Error("schema broke"); } } }; export default { kind: "x", input, run: () => 1 };`,
  schema_json_throws: `const input = { "~standard": { version: 1, vendor: "t", validate: (value: any) => ({ value }), jsonSchema: { input() { throw new Error("cannot be said in JSON Schema"); } } } }; export default { kind: "x", input, run: () => "ran" };`,
  schema_odd: `const input = { "~standard": { version: 1, vendor: "t", validate: (value: any) => ({ value }), jsonSchema: { input: () => 5 } } }; export default { kind: "x", description: 7, effects: "sometimes", input, run: () => "ran" };`,
  schema_function: `const input = { "~standard": { version: 1, vendor: "t", validate: (value: any) => ({ value }), jsonSchema: { input: () => ({ type: "object", f() {} }) } } }; export default { kind: "x", input, run: () => "ran" };`,
  once: task("() => process.exit(1)"),
  secret: task("() => process.env.MY_SECRET ?? null"),
};

const server = sharedServer({
  files: {
    "flow-balancer.toml":
      Object.keys(MODULES)
        .map((name) => `[kinds.${name}]\nmodule = "./${name}.ts"\n`)
        .join("") +
      '[kinds.not_there]\nmodule = "./not-there.ts"\n[kinds.folder]\nmodule = "."\n' +
      "",
    ...Object.fromEntries(
      Object.entries(MODULES).map(([name, source]) => [`${name}.ts`, source]),
    ),
  },
  env: {
    FLOW_BALANCER_POOL_START_TIMEOUT_MS: "700",
    FLOW_BALANCER_POOL_CANCEL_GRACE_MS: "300",
  },
});
const run = (kind: string, more: object = {}) =>
  server.client.ask("run_task", { kind, input: {}, ...more });

async function fails(
  kind: string,
  code: string,
  message: string,
  more: object = {},
): Promise<void> {
  const answer = await run(kind, more);
  expect({ kind, code: answer.error?.code }).toEqual({ kind, code });
  expect(answer.error.message).toContain(message);
}

describe("a module that cannot be loaded", () => {
  test("says why, each time it is tried", async () => {
    for (let time = 0; time < 2; time++) {
      await fails("throws", "MODULE_IMPORT", "no import today");
      await fails("syntax", "MODULE_SYNTAX", "syntax.ts:");
      await fails("missing_package", "MODULE_IMPORT", "nobody-has-this");
      await fails("no_default", "MODULE_CONTRACT", "no default export");
      await fails("no_run", "MODULE_CONTRACT", "no function 'run'");
      await fails("no_schema", "MODULE_CONTRACT", "no schema 'input'");
      await fails("not_there", "MODULE_NOT_FOUND", "there is no file");
      await fails("folder", "MODULE_NOT_FOUND", "not a regular file");
    }
  });

  test("and hangs or spins is ended after the start timeout, which is said", async () => {
    await fails("hangs", "START_TIMEOUT", "not loaded after 700 ms");
    await fails("spins", "START_TIMEOUT", "not loaded after 700 ms");
  });

  test("and exits ends its worker alone", () =>
    fails("exits", "POISONED", "exited with code 4"));

  test("is an error of pool_status too, and of the resource", async () => {
    for (const [kind, code] of [
      ["throws", "MODULE_IMPORT"],
      ["hangs", "START_TIMEOUT"],
      ["exits", "WORKER_EXITED"],
    ] as const)
      expect(await server.client.call("pool_status", { kind })).toMatchObject({
        isError: true,
        structuredContent: { code },
      });
    expect(
      await server.client.call("pool_status", { kind: "nope" }),
    ).toMatchObject({
      isError: true,
      structuredContent: { code: "UNKNOWN_KIND" },
    });
    expect(
      (await server.client.request("resources/read", { uri: "kind://throws" }))
        .error,
    ).toBeDefined();
  });
});

describe("a module that misbehaves when it runs", () => {
  test("may print: the console's part is output, nothing reaches the stream", async () => {
    const answer = await run("prints");
    expect(answer).toMatchObject({ status: "completed", value: "ok" });
    const { text } = await server.client.ask("read_task_output", {
      task_id: answer.task_id,
    });
    expect(text).toBe("at import\nraw at import\nat run\n");
  });

  test("by exiting, or never answering, or answering twice has one result", async () => {
    await fails("exits_later", "POISONED", "exited with code 0");
    await fails("silent", "TASK_TIMEOUT", "100 ms", { timeout_ms: 100 });
    expect((await run("twice")).status).toBe("completed");
  });

  test("a schema that throws fails the task, not the worker's next one", async () => {
    await fails("schema_throws", "TASK_THREW", "schema broke");
    for (const kind of ["schema_odd", "schema_function", "schema_json_throws"])
      expect(await run(kind)).toMatchObject({
        status: "completed",
        value: "ran",
      });
    // What cannot be shown is not shown; it still runs.
    for (const kind of ["schema_odd", "schema_json_throws"])
      expect(await server.client.ask("pool_status", { kind })).toMatchObject({
        kind,
        description: "",
        input_schema: null,
      });
    expect(
      (await server.client.ask("pool_status", { kind: "schema_function" }))
        .input_schema,
    ).toEqual({ type: "object" });
  });
});
