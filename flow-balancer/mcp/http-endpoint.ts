/**
 * One catalog at one HTTP address, for both eras: 2026-07-28 a request at a time, 2025-11-25 in sessions. A
 * request's body is read and parsed once, here.
 */

import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  type JSONRPCMessage,
  localhostAllowedHostnames,
} from "@modelcontextprotocol/server";
import type { Env } from "../core/ports.ts";
import type { Catalog } from "./catalog.ts";
import { compileCatalog } from "./compiled-catalog.ts";
import {
  boundedText,
  foreignRequest,
  jsonRpcResponse,
  MAX_BODY_BYTES,
} from "./http-guard.ts";
import { HttpSessions } from "./http-sessions.ts";
import { checkMessage } from "./message-check.ts";
import { createServer } from "./server.ts";

export interface HttpOptions {
  readonly env: Env;
  /** For what cannot reach the client. */
  readonly onerror: (error: Error) => void;
  /** Names a Host header may have, without port; this machine's loopback names unless told. */
  readonly hostnames?: readonly string[];
  /** Origins whose pages may call, besides the endpoint's own, as `http://localhost:6274`; none unless told. */
  readonly origins?: readonly string[];
  readonly maxSessions?: number;
  readonly sessionIdleMs?: number;
}

export interface HttpEndpoint {
  /**
   * Answers one request to the endpoint's path. `keepOpen` is called once for a request that may take long or
   * streams its answer: under Bun.serve, `() => server.timeout(request, 0)`.
   */
  fetch(request: Request, keepOpen?: () => void): Promise<Response>;
  /** Ends every session and stream; nothing is answered afterwards. */
  close(): Promise<void>;
}

const MAX_SESSIONS = 100;
/** Half an hour: longer than a person's coffee, shorter than a forgotten laptop. */
const SESSION_IDLE_MS = 1_800_000;

const REFUSED = -32000;
const PARSE_ERROR = -32700;

export function createHttpEndpoint(
  catalog: Catalog,
  options: HttpOptions,
): HttpEndpoint {
  const { env, onerror } = options;
  const compiled = compileCatalog(catalog);
  const sessions = new HttpSessions(
    compiled,
    env,
    {
      maxSessions: options.maxSessions ?? MAX_SESSIONS,
      idleMs: options.sessionIdleMs ?? SESSION_IDLE_MS,
    },
    onerror,
  );
  const modern = createMcpHandler(
    () =>
      createServer(compiled, {
        era: "modern",
        connection: null,
        lifetime: "request",
        env,
        onerror,
      }),
    { legacy: "reject", onerror, maxRequestBodySize: MAX_BODY_BYTES },
  );
  const stopUpdates = catalog.onResourceUpdated?.((uri) =>
    modern.notify.resourceUpdated(uri),
  );
  const hostnames = options.hostnames ?? localhostAllowedHostnames();
  const origins = options.origins ?? [];
  let closed = false;

  return {
    async fetch(request, keepOpen) {
      if (closed) return jsonRpcResponse(503, REFUSED, "shutting down");
      const foreign = foreignRequest(request, hostnames, origins);
      if (foreign !== null) return foreign;
      if (request.method === "GET" || request.method === "DELETE") {
        keepOpen?.();
        return sessions.serve(request, null);
      }
      if (request.method !== "POST") return methodNotAllowed();
      const body = await messageOf(request);
      if (body instanceof Response) return body;
      keepOpen?.();
      return (await isLegacyRequest(request, body))
        ? sessions.serve(request, body)
        : modern.fetch(request, { parsedBody: body });
    },
    async close() {
      closed = true;
      stopUpdates?.();
      await Promise.all([modern.close(), sessions.close()]);
    },
  };
}

/** The one message of a POST, or the response that says why there is none. */
async function messageOf(request: Request): Promise<JSONRPCMessage | Response> {
  if (!isJsonContentType(request.headers.get("content-type")))
    return jsonRpcResponse(
      415,
      REFUSED,
      "Content-Type must be application/json",
    );
  let value: unknown;
  try {
    const text = await boundedText(request, MAX_BODY_BYTES);
    if (text === null)
      return jsonRpcResponse(
        413,
        REFUSED,
        `the body exceeds ${MAX_BODY_BYTES} bytes`,
      );
    value = JSON.parse(text);
  } catch (thrown) {
    const why = String((thrown as Error).message).slice(0, 80);
    return jsonRpcResponse(
      400,
      PARSE_ERROR,
      `the body is not valid JSON (${why})`,
    );
  }
  const checked = checkMessage(value);
  switch (checked.kind) {
    case "message":
      return checked.message;
    case "refused":
      return jsonRpcResponse(400, checked.code, checked.message, checked.id);
    case "ignored":
      return jsonRpcResponse(400, -32600, checked.why);
  }
}

function methodNotAllowed(): Response {
  const response = jsonRpcResponse(405, REFUSED, "use POST, GET or DELETE");
  response.headers.set("Allow", "GET, POST, DELETE");
  return response;
}
