/**
 * Content codings around an HTTP handler: bodies of requests are decompressed before it, answers compressed
 * after it where the client takes them so. The handler sees neither. An answer is compressed as a whole, but
 * for events, which leave as they come about.
 */

import {
  compress,
  type Compression,
  compressOffThread,
  OFF_THREAD_BYTES,
} from "./codec/compress.ts";
import { negotiateEncoding } from "./codec/content-encoding.ts";
import { decompressedBody } from "./codec/decompressed-body.ts";
import type { ErrorCode } from "./core/errors.ts";

/** Best first. */
const OFFERED = ["zstd", "gzip"] as const satisfies readonly Compression[];

/**
 * One packet: a shorter answer arrives no sooner for being shorter. Measured with Bun's client on one machine of
 * 2 cores, zstd makes an answer of 20 KB 0.04 ms later and one of 500 KB 1.4 ms; at 1 Gbit/s it saves 0.1 and 3 ms.
 */
export const MIN_BYTES = 1_400;

/** RFC 9110, 15: these have no body, or one that belongs to another answer. */
const BODILESS = new Set([101, 204, 205, 206, 304]);

const COMPRESSIBLE =
  /^(?:text\/(?!event-stream)|application\/(?:json|javascript|xml)\b|[^;]+\+(?:json|xml)\b)/i;

/** `maxBodyBytes` is of a request's body once it is decompressed. `handle` is given another request then. */
export async function withContentCodings(
  request: Request,
  handle: (plain: Request) => Response | Promise<Response>,
  maxBodyBytes: number,
): Promise<Response> {
  const plain = await plainRequest(request, maxBodyBytes);
  return plain instanceof Response
    ? plain
    : compressedResponse(request, await handle(plain));
}

/** The request itself if its body is not compressed; else another one, or the response that says why there is none. */
async function plainRequest(
  request: Request,
  maxBytes: number,
): Promise<Request | Response> {
  const named = request.headers.get("content-encoding");
  if (named === null || request.body === null) return request;
  const coding = named.trim().toLowerCase().replace(/^x-/, "");
  if (coding === "identity" || coding === "") return request;
  const known = OFFERED.find((offered) => offered === coding);
  if (known === undefined)
    return refusal(415, `Content-Encoding may be ${OFFERED.join(" or ")}`, {
      "Accept-Encoding": OFFERED.join(", "),
    });
  const tooLong = `the body exceeds ${maxBytes} bytes`;
  // Compressed it is no longer than plain, or hardly.
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes)
    return refusal(413, tooLong);
  let body: Uint8Array<ArrayBuffer> | null;
  try {
    body = await decompressedBody(request.body, known, maxBytes);
  } catch {
    return refusal(400, `the body is not ${known}, or not all of it`);
  }
  if (body === null) return refusal(413, `${tooLong} decompressed`);
  const headers = new Headers(request.headers);
  headers.delete("content-encoding");
  headers.set("content-length", String(body.length));
  const { method, url, signal } = request;
  return new Request(url, { method, headers, body, signal });
}

async function compressedResponse(
  request: Request,
  response: Response,
): Promise<Response> {
  if (!mayBeCompressed(request, response)) return response;
  const { coding, identityAllowed } = negotiateEncoding(
    request.headers.get("accept-encoding"),
    OFFERED,
  );
  const { status, statusText, headers } = response;
  // Whatever this client takes, a cache must not give it to one that takes something else.
  if (!/\*|\baccept-encoding\b/i.test(headers.get("vary") ?? ""))
    headers.append("Vary", "Accept-Encoding");
  if (coding === "identity") return response;
  const raw = new Uint8Array(await response.arrayBuffer());
  const packed =
    raw.length < MIN_BYTES && identityAllowed ? raw : await pack(raw, coding);
  if (packed.length >= raw.length && identityAllowed)
    return new Response(raw, { status, statusText, headers });
  headers.set("Content-Encoding", coding);
  headers.set("Content-Length", String(packed.length));
  const tag = headers.get("etag");
  // 8.8.3.3: no longer the same byte for byte, so no longer a strong one.
  if (tag?.startsWith('"') === true) headers.set("ETag", `W/${tag}`);
  return new Response(packed, { status, statusText, headers });
}

const pack = (raw: Uint8Array<ArrayBuffer>, coding: Compression) =>
  raw.length > OFF_THREAD_BYTES
    ? compressOffThread(raw, coding)
    : compress(raw, coding);

/** Not what is compressed already, is sent as it comes about, or must arrive as it is. */
function mayBeCompressed(
  { method }: Request,
  { status, body, headers }: Response,
): boolean {
  return (
    method !== "HEAD" &&
    !BODILESS.has(status) &&
    body !== null &&
    !headers.has("content-encoding") &&
    !headers.has("content-range") &&
    COMPRESSIBLE.test(headers.get("content-type") ?? "") &&
    !/\bno-transform\b/i.test(headers.get("cache-control") ?? "")
  );
}

const CODES = {
  400: "INVALID_ARGUMENT",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
} as const satisfies Record<number, ErrorCode>;

const refusal = (
  status: keyof typeof CODES,
  message: string,
  headers: Record<string, string> = {},
): Response =>
  Response.json(
    { error: { code: CODES[status], message, hint: null } },
    { status, headers: { "Cache-Control": "no-store", ...headers } },
  );
