/**
 * What an HTTP request must be before anything looks into it: meant for this host, from no other site, and of a
 * bounded size. A web page can make a browser send requests to 127.0.0.1; these checks are what stops it.
 */

import { hostHeaderValidationResponse } from "@modelcontextprotocol/server";

/** As much as the SDK reads by itself. */
export const MAX_BODY_BYTES = 4_194_304;

const FORBIDDEN = -32000;

export function jsonRpcResponse(
  status: number,
  code: number,
  message: string,
  id: string | number | null = null,
): Response {
  return Response.json(
    { jsonrpc: "2.0", id, error: { code, message } },
    { status, headers: { "Cache-Control": "no-store" } },
  );
}

/**
 * A 403 for a Host that is not one of ours, or an Origin that is neither the same host nor allowed by name; else
 * null. Programs send no Origin.
 */
export function foreignRequest(
  request: Request,
  hostnames: readonly string[],
  origins: readonly string[],
): Response | null {
  const badHost = hostHeaderValidationResponse(request, [...hostnames]);
  if (badHost !== undefined) return badHost;
  const origin = request.headers.get("origin");
  const own = `://${request.headers.get("host") ?? ""}`;
  if (
    origin === null ||
    origin === `http${own}` ||
    origin === `https${own}` ||
    origins.includes(origin)
  )
    return null;
  return jsonRpcResponse(
    403,
    FORBIDDEN,
    "requests from the pages of another origin are not served",
  );
}

/** The body as text; null when it is longer than `maxBytes`, of which no more is ever held. */
export async function boundedText(
  request: Request,
  maxBytes: number,
): Promise<string | null> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes)
    return null;
  if (request.body === null) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(
    Buffer.concat(chunks),
  );
}
