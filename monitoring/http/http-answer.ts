/** Answers that are no data: errors in their one form, and the headers that every answer has. */

import {
  type BalancerError,
  ERROR_RULES,
  toWireError,
  type WireError,
} from "../../flow-balancer/core/errors.ts";

/** `{error: {code, message, hint}}` with the status of its code; `hint` is null where there is none. */
export function errorAnswer(thrown: unknown): Response {
  const error = toWireError(thrown);
  return Response.json(
    {
      error: {
        code: error.code,
        message: error.message,
        hint: error.hint ?? null,
      },
    },
    { status: ERROR_RULES[error.code].http, headers: headersOf(error) },
  );
}

function headersOf({
  code,
  retry_after_ms,
}: WireError): Record<string, string> {
  if (code === "UNAUTHORIZED")
    return { "WWW-Authenticate": 'Bearer realm="flow-balancer"' };
  return retry_after_ms === undefined
    ? {}
    : { "Retry-After": String(Math.max(1, Math.ceil(retry_after_ms / 1_000))) };
}

export const codeOf = (thrown: unknown): BalancerError["code"] =>
  toWireError(thrown).code;

const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
};

const UNLESS_SAID = {
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-store",
};

/** Puts them on it. Nothing is kept by caches that does not say so itself. */
export function withSafeHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS))
    response.headers.set(name, value);
  for (const [name, value] of Object.entries(UNLESS_SAID))
    if (!response.headers.has(name)) response.headers.set(name, value);
  return response;
}

/** What the pages of an origin that is let in by name may send and see. Cookies they may not. */
export function withOrigin(response: Response, origin: string): Response {
  response.headers.set("Access-Control-Allow-Origin", origin);
  response.headers.append("Vary", "Origin");
  response.headers.set(
    "Access-Control-Expose-Headers",
    "Mcp-Session-Id, Retry-After, WWW-Authenticate",
  );
  return response;
}

export const preflightAnswer = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      "Access-Control-Allow-Methods": "GET, POST, DELETE",
      "Access-Control-Allow-Headers":
        "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name",
      "Access-Control-Max-Age": "600",
    },
  });
