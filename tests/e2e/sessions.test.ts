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

setDefaultTimeout(30_000);

/** Counts in the session's memory, and in the process's: only the first may be seen by the session. */
const COUNT =
  "export default (_: null, ctx: any) => { const s = ctx.session.state; s.set('n', (s.get('n') ?? 0) + 1);" +
  "return { n: s.get('n'), id: ctx.session.id, pid: process.pid }; }";

describe.each(GENERATIONS)("sessions, %s client", (generation) => {
  const connect = sdkClients(afterAll);
  let sdk: SdkClient;
  beforeAll(async () => {
    sdk = await connect(generation);
  });
  const open = async (name?: string): Promise<string> =>
    (await sdk.ask("open_session", name === undefined ? {} : { name })).session;
  const count = (session?: string) =>
    sdk.ask("run_task", {
      kind: "script",
      input: { code: COUNT, args: null },
      session,
    });

  test("the second task of a session finds its worker hot and its memory kept", async () => {
    const session = await open("mine");
    const first = await count(session);
    const second = await count(session);
    expect(first).toMatchObject({
      status: "completed",
      value: { n: 1, id: session },
    });
    expect(first.tier).not.toBe("hot");
    expect(second).toMatchObject({
      tier: "hot",
      worker: first.worker,
      value: { n: 2, pid: first.value.pid },
    });
  });

  test("another session sees none of it and gets another process", async () => {
    const [one, two] = [await open(), await open()];
    const first = await count(one);
    const other = await count(two);
    const own = await count();
    expect(other.value).toMatchObject({ n: 1, id: two });
    expect(own.value.id).not.toBe(one);
    expect(
      new Set([first, other, own].map(({ value }) => value.pid)).size,
    ).toBe(3);
    expect((await count(one)).value).toMatchObject({
      n: 2,
      pid: first.value.pid,
    });
  });

  test("with more sessions than workers, each still sees only its own memory", async () => {
    const sessions = await Promise.all(
      Array.from({ length: 12 }, () => open()),
    );
    const rounds = await Promise.all(sessions.map((session) => count(session)));
    expect(rounds.map(({ value }) => value.n)).toEqual(sessions.map(() => 1));
    expect(rounds.map(({ value }) => value.id)).toEqual(sessions);
  });

  test("a closed session is refused, closing again is closing once, an unknown one is not found", async () => {
    const session = await open();
    const worker = (await count(session)).worker;
    const closed = await sdk.ask("close_session", { session });
    expect(await sdk.ask("close_session", { session })).toEqual(closed);
    const args = { kind: "shell", input: { argv: ["true"] } };
    expect(await sdk.call("run_task", { ...args, session })).toMatchObject({
      isError: true,
      structuredContent: {
        code: "SESSION_CLOSED",
        hint: expect.any(String),
        retryable: false,
      },
    });
    expect(
      await sdk.call("run_task", { ...args, session: "session_nope" }),
    ).toMatchObject({
      isError: true,
      structuredContent: { code: "NOT_FOUND" },
    });
    expect(
      await sdk.call("close_session", { session: "session_nope" }),
    ).toMatchObject({
      isError: true,
      structuredContent: { code: "NOT_FOUND" },
    });
    const { workers } = await sdk.ask("pool_status", {});
    const ids = workers
      .filter((one: { state: string }) => one.state !== "retiring")
      .map((one: { id: string }) => one.id);
    expect(ids).not.toContain(worker);
  });

  test("what a task does to its surroundings is not what the next one finds", async () => {
    const look =
      "export default () => ({ cwd: process.cwd(), path: process.env.PATH, stray: process.env.STRAY ?? null })";
    const session = await open();
    const run = (code: string) =>
      sdk.ask("run_task", { kind: "script", input: { code }, session });
    const before = (await run(look)).value;
    await run(
      "export default () => { process.chdir('/'); process.env.PATH = '/nowhere'; process.env.STRAY = 'left'; }",
    );
    const after = await run(look);
    expect(after).toMatchObject({ tier: "hot", value: before });
    expect(before.stray).toBeNull();
  });

  test("the transport had nothing to complain of", () => {
    expect(sdk.errors).toEqual([]);
  });
});
