import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { withContentCodings } from "../flow-balancer/http-compression.ts";

const MAX_BODY_BYTES = 100_000;
const LONG = "one of many lines\n".repeat(1_000);

let server: Bun.Server<undefined>;
beforeAll(() => {
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => withContentCodings(request, echo, MAX_BODY_BYTES),
  });
});
afterAll(() => server.stop(true));

/** Says back what it was sent, and what the handler was told of it. */
const echo = async (request: Request): Promise<Response> =>
  Response.json({
    text: await request.text(),
    coding: request.headers.get("content-encoding"),
    length: request.headers.get("content-length"),
    own: request.headers.get("x-own"),
    method: request.method,
  });

const packed = {
  zstd: (text: string) => Uint8Array.from(Bun.zstdCompressSync(text)),
  gzip: (text: string) => Bun.gzipSync(text),
} as const;

const send = (body: string | Uint8Array<ArrayBuffer>, coding: string) =>
  fetch(server.url, {
    method: "POST",
    body,
    headers: { "Content-Encoding": coding, "X-Own": "mine" },
  });

describe("a request's body", () => {
  test.each([
    ["zstd", "zstd"],
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["x-gzip", "gzip"],
  ] as const)("in %s reaches the handler plain", async (named, coding) => {
    const response = await send(packed[coding](LONG), named);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      text: LONG,
      coding: null,
      length: String(LONG.length),
      own: "mine",
      method: "POST",
    });
  });

  test("that is plain is passed on", async () => {
    const response = await send(LONG, "identity");
    expect(await response.json()).toMatchObject({ text: LONG });
  });

  test.each(["zstd", "gzip"] as const)(
    "in %s is read up to the limit and no further",
    async (coding) => {
      const most = await send(
        packed[coding]("a".repeat(MAX_BODY_BYTES)),
        coding,
      );
      expect(most.status).toBe(200);
      const one = packed[coding]("a".repeat(MAX_BODY_BYTES + 1));
      const refused = await send(one, coding);
      expect(refused.status).toBe(413);
      expect(await refused.json()).toEqual({
        error: {
          code: "PAYLOAD_TOO_LARGE",
          message: "the body exceeds 100000 bytes decompressed",
          hint: null,
        },
      });
      const chance = new Uint8Array(MAX_BODY_BYTES + 1);
      expect((await send(chance, coding)).status).toBe(413);
    },
  );

  test.each(["zstd", "gzip"] as const)(
    "in %s that is a bomb costs no more than the limit",
    async (coding) => {
      const bomb = packed[coding]("\0".repeat(64 * 1_048_576));
      Bun.gc(true);
      const before = process.memoryUsage.rss();
      expect((await send(bomb, coding)).status).toBe(413);
      expect(process.memoryUsage.rss() - before).toBeLessThan(16 * 1_048_576);
    },
  );

  test.each(["zstd", "gzip"] as const)(
    "in %s that is cut off, goes on, or is something else is refused",
    async (coding) => {
      const whole = packed[coding](LONG);
      for (const body of [
        whole.subarray(0, -9),
        whole.subarray(0, 3),
        Buffer.concat([whole, Buffer.from("more")]),
        Buffer.from("neither"),
      ]) {
        const response = await send(body, coding);
        expect(response.status).toBe(400);
        expect(await response.json()).toEqual({
          error: {
            code: "INVALID_ARGUMENT",
            message: `the body is not ${coding}, or not all of it`,
            hint: null,
          },
        });
      }
    },
  );

  test.each(["br", "gzip, zstd", "nonsense"])(
    "in %p is refused with what may come",
    async (coding) => {
      const response = await send("text", coding);
      expect(response.status).toBe(415);
      expect(response.headers.get("accept-encoding")).toBe("zstd, gzip");
    },
  );
});
