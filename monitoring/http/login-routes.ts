/**
 * How a browser gets its cookie: by the link that the server printed, whose code works once, or by the token itself.
 * The pages are plain: they have to work without the dashboard's files, which need the cookie.
 */

import type { Context, Hono } from "hono";
import { ERROR_RULES, toWireError } from "../../flow-balancer/core/errors.ts";
import type { Access } from "./access.ts";
import { errorAnswer } from "./http-answer.ts";
import type { HttpEnv } from "./http-ports.ts";

/** Without any referrer a browser says `Origin: null` with a form, even one that it sends to where it had it from. */
const OWN_REFERRER = { "Referrer-Policy": "same-origin" };

interface LoginPorts {
  readonly access: Access;
  readonly basePath: string;
}

export function addLoginRoutes(app: Hono<HttpEnv>, ports: LoginPorts): void {
  const { access, basePath } = ports;
  app.get("/login", (context) => {
    const code = context.req.query("code");
    // Whoever only looks where a link leads must not use it up.
    if (code === undefined || context.req.raw.method === "HEAD")
      return context.html(signInPage(basePath, null), 200, OWN_REFERRER);
    return enter(context, basePath, () => access.redeemCode(code));
  });
  app.post("/login", async (context) => {
    const type = context.req.header("content-type") ?? "";
    const form = type.startsWith("application/x-www-form-urlencoded")
      ? new URLSearchParams(await context.req.text())
      : new URLSearchParams();
    const token = form.get("token") ?? "";
    return enter(context, basePath, () => access.redeemToken(token.trim()));
  });
}

/** For a person who asked for a page without the cookie. */
export function signInAnswer(thrown: unknown, basePath: string): Response {
  const { code, message } = toWireError(thrown);
  const refusal = errorAnswer(thrown);
  const headers = new Headers(refusal.headers);
  headers.set("Content-Type", "text/html; charset=utf-8");
  headers.set("Referrer-Policy", OWN_REFERRER["Referrer-Policy"]);
  return new Response(signInPage(basePath, message), {
    status: ERROR_RULES[code].http,
    headers,
  });
}

export const wantsPage = ({ method, headers }: Request): boolean =>
  method === "GET" && (headers.get("accept") ?? "").includes("text/html");

function enter(
  context: Context,
  basePath: string,
  cookie: () => string,
): Response {
  try {
    context.header("Set-Cookie", cookie());
  } catch (thrown) {
    const isForm = context.req.method === "POST";
    return isForm || wantsPage(context.req.raw)
      ? signInAnswer(thrown, basePath)
      : errorAnswer(thrown);
  }
  // Not a redirect: after one, a browser that came from elsewhere would keep the cookie to itself.
  return context.html(
    page(
      "Signed in",
      `<p>Signed in. <a href="${basePath}/">Open the dashboard</a></p>`,
      `<meta http-equiv="refresh" content="0; url=${basePath}/">`,
    ),
  ) as Response;
}

const signInPage = (basePath: string, why: string | null): string =>
  page(
    "Sign in",
    `${why === null ? "" : `<p role="alert">${escaped(why)}.</p>`}
<p>Open the link that the server printed when it started; it works once, within ten minutes. Or give the token, which is in the file <code>http-token</code> of the server's home:</p>
<form method="post" action="${basePath}/login">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" required>
<button>Sign in</button>
</form>`,
  );

/** `basePath` has no character that means anything in HTML. */
const page = (title: string, body: string, head = ""): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">${head}
<title>${title} · flow-balancer</title>
</head>
<body>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>
`;

const escaped = (text: string): string => Bun.escapeHTML(text);
