import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import {
  MIN_BYTES,
  withContentCodings,
} from "../flow-balancer/http-compression.ts";

const MAX_BODY_BYTES = 100_000;
const LONG = JSON.stringify(
  Array.from({ length: 500 }, (_, id) => ({ id, path: "src/a.ts" })),
);
const BIG = JSON.stringify("line of a log ".repeat(50_000));
const SHORT = JSON.stringify("a".repeat(MIN_BYTES - 2 - 1));
const JSON_TYPE = { "Content-Type": "application/json" };
const answers: Record<string, () => Response> = {
  "/long": () => new Response(LONG, { headers: JSON_TYPE }),
  "/big": () => new Response(BIG, { headers: JSON_TYPE }),
  "/short": () => new Response(SHORT, { headers: JSON_TYPE }),
  "/failed": () => new Response(LONG, { status: 500, headers: JSON_TYPE }),
  "/tagged": () =>
    new Response(LONG, {
      headers: { ...JSON_TYPE, ETag: '"v1"', Vary: "Origin" },
    }),
  "/events": () =>
    new Response(`data: ${LONG}\n\n`, {
      headers: { "Content-Type": "text/event-stream; charset=utf-8" },
    }),
  "/packed": () =>
    new Response(LONG, {
      headers: { ...JSON_TYPE, "Content-Encoding": "br" },
    }),
  "/image": () =>
    new Response(LONG, { headers: { "Content-Type": "image/png" } }),
  "/untouchable": () =>
    new Response(LONG, {
      headers: { ...JSON_TYPE, "Cache-Control": "no-transform" },
    }),
  "/nothing": () => new Response(null, { status: 204, headers: JSON_TYPE }),
  "/unchanged": () => new Response(null, { status: 304, headers: JSON_TYPE }),
  "/shapeless": () =>
    new Response(crypto.getRandomValues(new Uint8Array(4_096)), {
      headers: JSON_TYPE,
    }),
};

let server: Bun.Server<undefined>;
beforeAll(() => {
  server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) => withContentCodings(request, answer, MAX_BODY_BYTES),
  });
});
afterAll(() => server.stop(true));

function answer(request: Request): Response {
  const { pathname } = new URL(request.url);
  return answers[pathname]?.() ?? new Response("no such page");
}

const ask = (path: string, accept: string | null, init: RequestInit = {}) =>
  fetch(new URL(path, server.url), {
    ...init,
    decompress: false,
    headers: {
      ...(init.headers as Record<string, string>),
      "Accept-Encoding": accept ?? "",
    },
  } as RequestInit);

const unpack = {
  zstd: (bytes: Uint8Array) => Bun.zstdDecompressSync(bytes).toString(),
  gzip: (bytes: Uint8Array) => gunzipSync(bytes).toString(),
} as const;

describe("an answer", () => {
  test.each([
    ["/long", LONG, "zstd"],
    ["/long", LONG, "gzip"],
    ["/big", BIG, "zstd"],
    ["/big", BIG, "gzip"],
    ["/failed", LONG, "gzip"],
  ] as const)("%s is sent compressed", async (path, text, coding) => {
    const response = await ask(path, `${coding}, br`);
    expect(response.status).toBe(path === "/failed" ? 500 : 200);
    const body = await response.bytes();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-encoding": coding,
      "content-type": "application/json",
      "content-length": String(body.length),
      vary: "Accept-Encoding",
    });
    expect(body.length).toBeLessThan(text.length / 3);
    expect(unpack[coding](body) === text).toBe(true);
  });

  test("says how long it is compressed, whatever the handler said", async () => {
    const headers = { "Accept-Encoding": "gzip" };
    const response = await withContentCodings(
      new Request("http://127.0.0.1/", { headers }),
      () =>
        new Response(LONG, {
          headers: { ...JSON_TYPE, "Content-Length": String(LONG.length) },
        }),
      MAX_BODY_BYTES,
    );
    const { length } = await response.clone().bytes();
    expect(response.headers.get("content-length")).toBe(String(length));
  });

  test("is read by a client that knows nothing of it", async () => {
    const response = await fetch(new URL("/long", server.url));
    expect(await response.text()).toBe(LONG);
  });

  test.each([null, "br", "identity", "gzip;q=0", "gzip;q=9"])(
    "is sent as it is to who accepts %p",
    async (accept) => {
      const response = await ask("/long", accept);
      expect(response.headers.get("content-encoding")).toBeNull();
      expect(response.headers.get("content-length")).toBe(String(LONG.length));
      expect(response.headers.get("vary")).toBe("Accept-Encoding");
      expect(await response.text()).toBe(LONG);
    },
  );

  test("that is short is compressed only for who refuses it plain", async () => {
    const plain = await ask("/short", "gzip");
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(plain.headers.get("vary")).toBe("Accept-Encoding");
    expect(await plain.text()).toBe(SHORT);
    const packed = await ask("/short", "gzip, identity;q=0");
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(unpack.gzip(await packed.bytes())).toBe(SHORT);
  });

  test("that would only grow is sent as it is", async () => {
    const response = await ask("/shapeless", "zstd");
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(await response.bytes()).toHaveLength(4_096);
  });

  test.each(["/events", "/image", "/untouchable"])(
    "%s is never compressed",
    async (path) => {
      const response = await ask(path, "zstd, gzip");
      expect(response.headers.get("content-encoding")).toBeNull();
      expect(response.headers.get("vary")).toBeNull();
      expect(await response.text()).toContain(LONG);
    },
  );

  test("that is compressed already is not compressed again", async () => {
    const response = await ask("/packed", "zstd, gzip");
    expect(response.headers.get("content-encoding")).toBe("br");
    expect(await response.text()).toBe(LONG);
  });

  test("without a body stays as it is", async () => {
    for (const [path, status] of [
      ["/nothing", 204],
      ["/unchanged", 304],
    ] as const) {
      const response = await ask(path, "zstd, gzip");
      expect(response.status).toBe(status);
      expect(response.headers.get("content-encoding")).toBeNull();
      expect(response.headers.get("vary")).toBeNull();
    }
    const head = await ask("/long", "zstd, gzip", { method: "HEAD" });
    expect(head.headers.get("content-encoding")).toBeNull();
    expect(head.headers.get("content-length")).toBe(String(LONG.length));
  });

  test("with a tag of its bytes gets a weak one, and keeps what else it depends on", async () => {
    const packed = await ask("/tagged", "gzip");
    expect(packed.headers.get("etag")).toBe('W/"v1"');
    expect(packed.headers.get("vary")).toBe("Origin, Accept-Encoding");
    const plain = await ask("/tagged", null);
    expect(plain.headers.get("etag")).toBe('"v1"');
    expect(plain.headers.get("vary")).toBe("Origin, Accept-Encoding");
  });

  test("of a stream that never ends goes on piece by piece", async () => {
    let push: (text: string) => void = () => {};
    answers["/endless"] = () =>
      new Response(
        new ReadableStream({
          start: (controller) => {
            push = (text) => controller.enqueue(Buffer.from(text));
            push("data: 1\n\n");
          },
        }),
        { headers: { "Content-Type": "text/event-stream" } },
      );
    const response = await ask("/endless", "zstd, gzip");
    const reader = response.body!.getReader();
    const next = async () =>
      Buffer.from((await reader.read()).value!).toString();
    expect(await next()).toBe("data: 1\n\n");
    push("data: 2\n\n");
    expect(await next()).toBe("data: 2\n\n");
    await reader.cancel();
  });
});
