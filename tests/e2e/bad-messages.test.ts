import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../support/line-client.ts";
import { until } from "../support/until.ts";
import { sharedServer } from "../support/shared-server.ts";

setDefaultTimeout(30_000);
const server = sharedServer();

/** The next message after writing something that is answered without an id of ours. */
async function refusalOf(bytes: string | Uint8Array): Promise<Message> {
  const { client } = server;
  const before = client.received.length;
  client.write(bytes);
  client.write("\n");
  const refusal = await until("refusal", () =>
    client.received.slice(before).find(({ error }) => error !== undefined),
  );
  return structuredClone(refusal);
}
const nested = (depth: number, open = "[", close = "]") =>
  open.repeat(depth) + close.repeat(depth);
const call = (args: string, id: number, name = "run_task") =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"${name}","arguments":${args}}}`;

describe("a line that is not a message", () => {
  test("invalid JSON is a parse error that names the line", async () => {
    for (const text of [
      "{",
      "nonsense",
      '{"jsonrpc":"2.0",}',
      "\u0000",
      "{'a':1}",
      "[1,",
    ])
      expect(await refusalOf(text)).toMatchObject({
        id: null,
        error: {
          code: -32700,
          message: expect.stringMatching(/^line \d+: not valid JSON/),
        },
      });
  });

  test("invalid UTF-8 is a parse error with the byte's offset", async () => {
    expect(
      await refusalOf(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
    ).toMatchObject({
      error: {
        code: -32700,
        message: expect.stringContaining("not valid UTF-8 at byte 2"),
      },
    });
  });

  test("a line of 9 MB is refused with the limit, and the next one is read", async () => {
    expect(
      await refusalOf(`{"jsonrpc":"2.0","x":"${"a".repeat(9 << 20)}"}`),
    ).toMatchObject({
      error: {
        code: -32600,
        message: expect.stringContaining("exceeds 8388608 bytes"),
      },
    });
  });

  test("JSON that is no request is an invalid request that says why", async () => {
    const cases: readonly [string, string][] = [
      ["[]", "batches"],
      ["3", "must be an object"],
      ["null", "must be an object"],
      ['{"id":1,"method":"ping"}', "jsonrpc"],
      ['{"jsonrpc":"2.0","id":1}', "method is missing"],
      ['{"jsonrpc":"2.0","id":1,"method":7}', "method must be a string"],
      ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', "id must be"],
      ['{"jsonrpc":"2.0","id":null,"method":"ping"}', "id must be"],
      ['{"jsonrpc":"2.0","id":{},"method":"ping"}', "id must be"],
    ];
    for (const [text, why] of cases)
      expect(await refusalOf(text)).toMatchObject({
        error: { code: -32600, message: expect.stringContaining(why) },
      });
  });

  test("params that are no object are invalid params under the request's id", async () => {
    for (const params of ["[]", "1", '"x"', "null"])
      expect(
        await refusalOf(
          `{"jsonrpc":"2.0","id":"p","method":"tools/list","params":${params}}`,
        ),
      ).toMatchObject({
        id: "p",
        error: { code: -32602 },
      });
  });

  test("blank lines, a byte order mark and CRLF are no mistakes", async () => {
    const { client } = server;
    client.write(
      '\n \n\ufeff{"jsonrpc":"2.0","id":"crlf","method":"ping"}\r\n',
    );
    expect(await client.answer("crlf")).toMatchObject({ result: {} });
  });
});

describe("nesting", () => {
  test("1,000 deep is refused before anything looks inside", async () => {
    expect(
      await refusalOf(
        call(`{"kind":"script","input":${nested(1_000)}}`, 7_001),
      ),
    ).toMatchObject({
      id: 7_001,
      error: { code: -32600, message: expect.stringContaining("nesting") },
    });
    expect(
      await refusalOf(nested(1_000, '{"a":', "}").replace("{}", "{")),
    ).toMatchObject({ error: {} });
    // Far beyond what any recursion survives.
    expect(await refusalOf(call(nested(200_000), 7_002))).toMatchObject({
      error: {},
    });
  });

  test("65 deep is a tool error that names the limit", async () => {
    const { client } = server;
    client.write(`${call(`{"kind":"script","input":${nested(80)}}`, 7_003)}\n`);
    expect((await client.answer(7_003)).result).toMatchObject({
      isError: true,
      structuredContent: {
        code: "INPUT_TOO_DEEP",
        message: expect.stringContaining("exceeds 64"),
        hint: expect.any(String),
      },
    });
  });
});

describe("keys that reach into prototypes", () => {
  test("are refused wherever they stand, and change nothing", async () => {
    const { client } = server;
    let id = 7_100;
    for (const key of ["__proto__", "constructor", "prototype"])
      for (const args of [
        `{"kind":"script","input":{"code":"export default (a: any) => a","args":{"deep":[{"${key}":{"polluted":1}}]}}}`,
        `{"${key}":{"kind":"shell"},"kind":"shell","input":{"argv":["true"]}}`,
      ]) {
        client.write(`${call(args, ++id)}\n`);
        expect((await client.answer(id)).result).toMatchObject({
          isError: true,
          structuredContent: {
            code: "FORBIDDEN_KEY",
            message: expect.stringContaining(`'${key}'`),
            hint: expect.any(String),
          },
        });
      }
    expect(
      await client.script("export default () => ({}).polluted ?? 'clean'"),
    ).toMatchObject({ value: "clean" });
  });

  test("a method or tool of such a name is unknown", async () => {
    const { client } = server;
    expect(await client.request("__proto__")).toMatchObject({
      error: { code: -32601 },
    });
    expect(await client.request("toString")).toMatchObject({
      error: { code: -32601 },
    });
    for (const name of ["__proto__", "constructor", "toString"])
      expect(
        await client.request("tools/call", { name, arguments: {} }),
      ).toMatchObject({ error: { code: -32602 } });
  });
});

describe("requests for what is not there", () => {
  test("an unknown method says which was meant", async () => {
    expect(await server.client.request("tools/lst")).toMatchObject({
      error: { code: -32601, message: expect.stringContaining("tools/list") },
    });
  });

  test("an unknown tool says which was meant", async () => {
    expect(
      await server.client.request("tools/call", {
        name: "run_tsk",
        arguments: {},
      }),
    ).toMatchObject({
      error: {
        code: -32602,
        message: "unknown tool 'run_tsk'; did you mean 'run_task'?",
      },
    });
    for (const name of [undefined, null, 3, {}, "x".repeat(100_000)])
      expect(
        await server.client.request("tools/call", { name, arguments: {} }),
      ).toMatchObject({ error: { code: -32602 } });
  });

  test("an id in use is refused, the first request is answered", async () => {
    const { client } = server;
    const line = call(
      '{"kind":"shell","input":{"argv":["sleep","0.2"]}}',
      7_200,
    );
    client.write(`${line}\n${line}\n`);
    const refusal = await client.next(
      "refusal of the twin",
      (message) => message.error?.message?.includes("7200") === true,
    );
    expect(refusal.error.code).toBe(-32600);
    const answer = await client.next(
      "result",
      (message) => message.id === 7_200 && message.result !== undefined,
    );
    expect(answer.result.structuredContent.status).toBe("completed");
  });

  test("replies and cancellations of nothing are ignored", async () => {
    const { client } = server;
    client.write(
      '{"jsonrpc":"2.0","id":99,"result":{}}\n{"jsonrpc":"2.0","id":99,"error":{"code":1,"message":"x"}}\n',
    );
    client.notify("notifications/cancelled", { requestId: 123_456 });
    client.notify("notifications/nonsense", { a: 1 });
    expect(await client.request("ping")).toMatchObject({ result: {} });
  });
});
