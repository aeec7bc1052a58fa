import { describe, expect, test } from "bun:test";
import { PassThrough, Writable } from "node:stream";
import { join } from "node:path";
import fc from "fast-check";
import {
  MAX_LINE_BYTES,
  StdioTransport,
} from "../../flow-balancer/mcp/stdio-transport.ts";
import { type Message, StdioPair } from "./stdio-pair.ts";

const nested = (depth: number): string =>
  `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

const callWith = (value: string): string =>
  `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"echo","arguments":{"value":${value}}}}\n`;

const bad: readonly (readonly [
  name: string,
  bytes: string | Uint8Array,
  id: unknown,
  code: number,
  words: string,
])[] = [
  ["a line that is not JSON", "{nope}\n", null, -32700, "line 3: not valid"],
  ["half a message", '{"jsonrpc":\n', null, -32700, "line 3: not valid JSON"],
  [
    "invalid UTF-8",
    new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d, 0x0a]),
    null,
    -32700,
    "line 3: not valid UTF-8 at byte 2",
  ],
  ["a batch", "[]\n", null, -32600, "batches"],
  ["a bare string", '"ping"\n', null, -32600, "must be an object"],
  ["no jsonrpc", '{"id":9,"method":"ping"}\n', 9, -32600, "jsonrpc"],
  [
    "an object for an id",
    '{"jsonrpc":"2.0","id":{},"method":"ping"}\n',
    null,
    -32600,
    "id must be",
  ],
  [
    "a fraction for an id",
    '{"jsonrpc":"2.0","id":0.5,"method":"ping"}\n',
    null,
    -32600,
    "id must be",
  ],
  [
    "null for an id",
    '{"jsonrpc":"2.0","id":null,"method":"ping"}\n',
    null,
    -32600,
    "id must be",
  ],
  [
    "a list for params",
    '{"jsonrpc":"2.0","id":9,"method":"ping","params":[]}\n',
    9,
    -32602,
    "params must be",
  ],
  ["nesting 1,000 deep", callWith(nested(1_000)), "x", -32600, "nesting"],
  ["nesting 100,000 deep", callWith(nested(100_000)), "x", -32600, "nesting"],
  [
    "a line of 9 MB",
    callWith(`"${"x".repeat(9_000_000)}"`),
    null,
    -32600,
    `message exceeds ${MAX_LINE_BYTES} bytes`,
  ],
  [
    "an unknown method",
    '{"jsonrpc":"2.0","id":9,"method":"tools/lst"}\n',
    9,
    -32601,
    "did you mean 'tools/list'?",
  ],
];

describe("over stdio", () => {
  test.each(bad)(
    "%s is answered and the connection stays",
    async (_name, bytes, id, code, words) => {
      const pair = new StdioPair();
      await pair.initialize();
      const answer = pair.next();
      pair.write(bytes);
      expect(await answer).toMatchObject({
        jsonrpc: "2.0",
        id,
        error: { code, message: expect.stringContaining(words) },
      });
      expect(await pair.request("ping")).toMatchObject({ result: {} });
      await pair.close();
    },
  );

  test("bad bytes before the first message do no harm either", async () => {
    const pair = new StdioPair();
    const answer = pair.next();
    pair.write("\ufeffnonsense\r\n\r\n");
    expect(await answer).toMatchObject({ id: null, error: { code: -32700 } });
    expect(await pair.initialize()).toHaveProperty("result.serverInfo");
    await pair.close();
  });

  test("whatever bytes come, stdout carries JSON-RPC alone and the server lives", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.json().map((json) => Buffer.from(`${json}\n`)),
            fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
            fc
              .record({ id: fc.jsonValue(), method: fc.string() })
              .map((m) =>
                Buffer.from(`${JSON.stringify({ jsonrpc: "2.0", ...m })}\n`),
              ),
          ),
          { maxLength: 10 },
        ),
        async (chunks) => {
          const pair = new StdioPair();
          for (const chunk of chunks) pair.write(chunk);
          pair.write("\n");
          // An id no generator makes, so that nothing before can have taken it.
          const answer = pair.next((message) => message.id === "the end");
          pair.line({ jsonrpc: "2.0", id: "the end", method: "ping" });
          expect(await answer).toMatchObject({ result: {} });
          for (const message of pair.received)
            expect(message.jsonrpc).toBe("2.0");
          await pair.close();
        },
      ),
      { numRuns: 100 },
    );
  });

  test("a second request under the id of one still being answered is refused", async () => {
    const pair = new StdioPair();
    await pair.initialize();
    const wait = {
      jsonrpc: "2.0",
      id: "w",
      method: "tools/call",
      params: { name: "wait" },
    };
    pair.line(wait);
    const refused = pair.next();
    pair.line({ jsonrpc: "2.0", id: "w", method: "ping" });
    expect(await refused).toMatchObject({ id: null, error: { code: -32600 } });
    // Cancelled requests get no answer, and their id is free again.
    pair.notify("notifications/cancelled", { requestId: "w" });
    const again = pair.next();
    pair.line({ jsonrpc: "2.0", id: "w", method: "ping" });
    expect(await again).toMatchObject({ id: "w", result: {} });
    await pair.close();
  });

  test("500 concurrent calls are all answered, without a listener each", async () => {
    const pair = new StdioPair();
    await pair.initialize();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, value) => pair.call("echo", { value })),
    );
    process.off("warning", onWarning);
    expect(
      answers.map((answer: Message) => answer.result.structuredContent.value),
    ).toEqual(Array.from({ length: 500 }, (_, value) => value));
    expect(warnings).toEqual([]);
    expect(pair.stdout.listenerCount("drain")).toBeLessThan(3);
    await pair.close();
  });

  test("the end of stdin closes it, also before anything was said", async () => {
    const silent = new StdioPair();
    await silent.close();
    const spoken = new StdioPair();
    await spoken.initialize();
    const waiting = spoken.call("wait");
    spoken.stdin.end();
    await spoken.endpoint.closed;
    expect(spoken.received).toHaveLength(1);
    void waiting;
  });

  test("a process without a client ends by itself", async () => {
    const child = Bun.spawn(
      [
        process.execPath,
        join(import.meta.dir, "../conformance/stdio-fixture.ts"),
      ],
      { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
    );
    expect(await child.exited).toBe(0);
    expect(await child.stdout.text()).toBe("");
    expect(await child.stderr.text()).toBe("");
  });

  test("stdin that had ended before the start closes it too", async () => {
    const stdin = new PassThrough();
    stdin.destroy();
    const transport = new StdioTransport(stdin, new PassThrough());
    let closes = 0;
    transport.onclose = () => closes++;
    await transport.start();
    await transport.closed;
    await transport.close();
    expect(closes).toBe(1);
  });

  test("what was asked right before stdin ended is answered, and then it closes", async () => {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const transport = new StdioTransport(stdin, stdout);
    const asked = new Promise((resolve) => (transport.onmessage = resolve));
    await transport.start();
    const ended = new Promise((resolve) => stdin.once("end", resolve));
    stdin.end('{"jsonrpc":"2.0","id":7,"method":"ping"}\n');
    await Promise.all([asked, ended]);
    await transport.send({ jsonrpc: "2.0", id: 7, result: {} });
    await transport.closed;
    expect(JSON.parse(`${stdout.read()}`)).toMatchObject({ id: 7 });
  });

  test("what is not answered soon after stdin ended is given up", async () => {
    const stdin = new PassThrough();
    const transport = new StdioTransport(stdin, new PassThrough());
    await transport.start();
    stdin.end('{"jsonrpc":"2.0","id":7,"method":"ping"}\n');
    await transport.closed;
    await expect(
      transport.send({ jsonrpc: "2.0", id: 7, result: {} }),
    ).rejects.toThrow("closed");
  });

  test("a broken stdout closes it once and throws nothing", async () => {
    const stdin = new PassThrough();
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(new Error("EPIPE")),
    });
    const transport = new StdioTransport(stdin, stdout);
    const errors: Error[] = [];
    let closes = 0;
    transport.onerror = (error) => errors.push(error);
    transport.onclose = () => closes++;
    await transport.start();
    stdin.write("nonsense\nnonsense\n");
    await transport.closed;
    expect(errors.map((error) => error.message)).toEqual(["EPIPE"]);
    expect(closes).toBe(1);
    await expect(
      transport.send({ jsonrpc: "2.0", method: "ping" }),
    ).rejects.toThrow("closed");
  });

  test("a client that reads nothing gets no more requests served until it does", async () => {
    const stdin = new PassThrough();
    const stuck: (() => void)[] = [];
    const stdout = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void stuck.push(done),
    });
    const transport = new StdioTransport(stdin, stdout);
    await transport.start();
    const result = { text: "x".repeat(8_388_608) };
    for (let id = 0; id < 9; id++)
      await transport.send({ jsonrpc: "2.0", id, result });
    expect(stdin.isPaused()).toBe(true);
    const drained = new Promise((resolve) => stdout.once("drain", resolve));
    while (stdout.writableLength > 0) {
      stuck.shift()?.();
      await Promise.resolve();
    }
    await drained;
    expect(stdin.isPaused()).toBe(false);
    await transport.close();
  });

  test("an answer JSON cannot hold becomes an error for whoever waits", async () => {
    const stdout = new PassThrough();
    const transport = new StdioTransport(new PassThrough(), stdout);
    await transport.start();
    const line = new Promise<Message>((resolve) =>
      stdout.once("data", (chunk: Buffer) => resolve(JSON.parse(`${chunk}`))),
    );
    await transport.send({ jsonrpc: "2.0", id: 5, result: { n: 1n } });
    expect(await line).toMatchObject({ id: 5, error: { code: -32603 } });
    await transport.close();
  });
});
