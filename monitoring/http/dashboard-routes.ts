/** The dashboard's three files. Built with the first request for one; browsers keep them and ask whether they changed. */

import type { Context, Hono } from "hono";
import { BalancerError, toWireError } from "../../flow-balancer/core/errors.ts";
import type { DashboardFiles, HttpEnv, HttpPorts } from "./http-ports.ts";

type DashboardPorts = Pick<HttpPorts, "dashboard" | "complain"> & {
  readonly basePath: string;
};

interface ServedFile {
  readonly text: string;
  readonly tag: string;
}

type ServedFiles = Readonly<Record<keyof DashboardFiles, ServedFile>>;

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
} as const satisfies Record<keyof DashboardFiles, string>;

export function addDashboardRoutes(
  app: Hono<HttpEnv>,
  ports: DashboardPorts,
): void {
  let files: Promise<ServedFiles> | undefined;
  const load = (): Promise<ServedFiles> =>
    (files ??= serveable(ports).catch((thrown: unknown) => {
      // The next request tries again.
      files = undefined;
      throw thrown;
    }));
  const serve = (name: keyof DashboardFiles) => async (context: Context) => {
    let file: ServedFile;
    try {
      file = (await load())[name];
    } catch (thrown) {
      const { message } = toWireError(thrown);
      ports.complain(`the dashboard cannot be built: ${message}`);
      throw new BalancerError(
        "NOT_AVAILABLE",
        `the dashboard cannot be built: ${message}`,
        { hint: "The rest of the server works: see /health and /api/v1." },
      );
    }
    return answer(context, file, TYPES[name]);
  };
  for (const path of ["/", "/ui", "/ui/*"]) app.get(path, serve("html"));
  app.get("/assets/app.js", serve("js"));
  app.get("/assets/app.css", serve("css"));
}

async function serveable({
  dashboard,
  basePath,
}: DashboardPorts): Promise<ServedFiles> {
  const { html, js, css } = await dashboard();
  return {
    html: tagged(html.replaceAll("__BASE__", basePath)),
    js: tagged(js),
    css: tagged(css),
  };
}

const tagged = (text: string): ServedFile => ({
  text,
  tag: new Bun.CryptoHasher("sha256")
    .update(text)
    .digest("base64url")
    .slice(0, 22),
});

function answer(context: Context, { text, tag }: ServedFile, type: string) {
  const headers = {
    "Content-Type": type,
    ETag: `"${tag}"`,
    "Cache-Control": "private, no-cache",
  };
  const known = context.req.header("if-none-match") ?? "";
  // Whatever coding it came in, it is the same file.
  return known.includes(tag)
    ? context.body(null, 304, headers)
    : context.body(text, 200, headers);
}
