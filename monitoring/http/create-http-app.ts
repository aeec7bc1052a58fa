/**
 * The HTTP surface: one door that checks who asks, from where and for what, and behind it the routes. Nothing is
 * read of a request, unpacked or started before it passed the door.
 */

import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import {
  BalancerError,
  type ErrorCode,
} from "../../flow-balancer/core/errors.ts";
import { didYouMean } from "../../flow-balancer/core/nearest-name.ts";
import { invalid, openApiDocument } from "../api/openapi.ts";
import { addApiRoutes, API, type ApiApp } from "../api/routes.ts";
import { addToolRoutes } from "../api/tool-routes.ts";
import type { Visitor } from "./access.ts";
import { addDashboardRoutes } from "./dashboard-routes.ts";
import { describeOthers } from "./described-routes.ts";
import {
  allowedOrigin,
  refuseForeign,
  refuseForged,
} from "./foreign-request.ts";
import {
  codeOf,
  errorAnswer,
  preflightAnswer,
  withOrigin,
  withSafeHeaders,
} from "./http-answer.ts";
import type { HttpConnection, HttpEnv, HttpPorts } from "./http-ports.ts";
import { LiveFeed } from "./live-feed.ts";
import { addLoginRoutes, signInAnswer, wantsPage } from "./login-routes.ts";
import { addProbeRoutes } from "./probe-routes.ts";

export interface HttpApp {
  /** Never rejects. */
  fetch(request: Request, connection: HttpConnection): Promise<Response>;
  /** `METHOD /path` of every route, without the base path, as the router has it. */
  readonly routes: readonly string[];
  /** Clients of the live events. */
  streams(): number;
  /** Ends their streams. */
  close(): void;
}

/** A path is ASCII without escapes here, so whatever hides a slash or a dot is none of ours. */
const PLAIN_PATH = /^(?:\/[\w.~:@!$&'()*+,;=-]*)+$/;
const MAX_PATH_CHARS = 1_024;
const MAX_API_BYTES = 1_048_576;
/** A tool's input may be as long as over MCP. */
const MAX_TOOL_BYTES = 4_194_304;

/** Asked for by whoever has no token yet, or by machines that look before anything else. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/livez",
  "/login",
  "/robots.txt",
]);

export function createHttpApp(ports: HttpPorts): HttpApp {
  const { settings, codings } = ports;
  const { basePath } = settings;
  const feed = new LiveFeed(ports);
  const app = makeRoutes(ports, feed);
  const routes = refuseOtherMethods(app);

  const serve = (
    request: Request,
    path: string,
    connection: HttpConnection,
  ) => {
    const visitor = enter(ports, request, path);
    const handle = (plain: Request) =>
      app.fetch(plain, { connection, visitor });
    return codings === undefined || OPEN_PATHS.has(path)
      ? handle(request)
      : codings(request, handle);
  };

  return {
    routes,
    async fetch(request, connection) {
      let response: Response;
      try {
        refuseForeign(request, settings);
        response =
          request.method === "OPTIONS" && allowedOrigin(request, settings)
            ? preflightAnswer()
            : await serve(request, pathOf(request, basePath), connection);
      } catch (thrown) {
        response =
          codeOf(thrown) === "UNAUTHORIZED" && wantsPage(request)
            ? signInAnswer(thrown, basePath)
            : errorAnswer(thrown);
      }
      const origin = allowedOrigin(request, settings);
      if (origin !== null) withOrigin(response, origin);
      return withSafeHeaders(response);
    },
    streams: () => feed.streams,
    close: () => feed.close(),
  };
}

/** Who asks; null where that is all the same. Throws what the door refuses. */
function enter(
  { access, settings }: HttpPorts,
  request: Request,
  path: string,
): Visitor | null {
  if (OPEN_PATHS.has(path)) return null;
  if (path === "/mcp" && settings.mcpToken === "off") return null;
  const visitor = access.visitor(request.headers);
  refuseForged(request, visitor);
  // Work goes on over MCP for programs, which have the token.
  if (settings.readOnly && path === "/mcp" && visitor === "dashboard")
    throw new BalancerError(
      "READ_ONLY",
      "this server is read-only, and MCP can change something",
      { hint: "Send the token instead: Authorization: Bearer <token>." },
    );
  const isChange = request.method === "POST" && path.startsWith(`${API}/`);
  // Of tools, some only read: their routes know.
  if (settings.readOnly && isChange && !path.startsWith(`${API}/tools/`))
    throw new BalancerError("READ_ONLY", "this server is read-only", {
      hint: "Start it without http.read_only to change something.",
    });
  return visitor;
}

/** Without the base path. Throws NOT_FOUND. */
function pathOf({ url }: Request, basePath: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : "";
  const isPlain =
    path.length <= MAX_PATH_CHARS &&
    PLAIN_PATH.test(path) &&
    !path.includes("//") &&
    !path.includes("/..");
  if (!isPlain) throw notFound();
  if (basePath === "") return path;
  if (path === basePath) return "/";
  if (!path.startsWith(`${basePath}/`)) throw notFound();
  return path.slice(basePath.length);
}

function makeRoutes(ports: HttpPorts, feed: LiveFeed): ApiApp {
  const { settings } = ports;
  const { basePath } = settings;
  const app: ApiApp = new OpenAPIHono<HttpEnv>({
    getPath: (request) => pathOf(request, basePath),
    defaultHook(checked) {
      if (!checked.success) throw invalid(checked.target, checked.error.issues);
    },
  });
  app.onError((thrown) => errorAnswer(refusalOf(thrown)));
  app.notFound((context) => {
    throw noRoute(new URL(context.req.url).pathname, ports);
  });
  limitBodies(app);
  addProbeRoutes(app, ports);
  addLoginRoutes(app, { ...ports, basePath });
  app.get("/robots.txt", (context) =>
    context.text("User-agent: *\nDisallow: /\n", 200, {
      "Content-Type": "text/plain; charset=utf-8",
    }),
  );
  app.get("/events", async (context) =>
    context.req.raw.method === "HEAD"
      ? context.body(null)
      : feed.open(context.req.raw, context.env.connection),
  );
  app.on(["GET", "POST", "DELETE"], "/mcp", (context) =>
    ports.mcp(context.req.raw, () => context.env.connection.timeout(0)),
  );
  addApiRoutes(app, ports);
  addToolRoutes(app, ports);
  addDashboardRoutes(app, { ...ports, basePath });
  describeOthers(app);
  let document: object | undefined;
  app.get(`${API}/openapi.json`, (context) =>
    context.json(
      (document ??= openApiDocument(app, { version: ports.version, basePath })),
    ),
  );
  return app;
}

/** Bodies of the API are JSON, and short. MCP's endpoint looks after its own. */
function limitBodies(app: ApiApp): void {
  const limit = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw new BalancerError(
          "PAYLOAD_TOO_LARGE",
          `the body exceeds ${maxSize} bytes`,
        );
      },
    });
  const [short, long] = [limit(MAX_API_BYTES), limit(MAX_TOOL_BYTES)];
  app.use("/login", short);
  app.use(`${API}/*`, (context, next) => {
    const type = context.req.header("content-type");
    if (
      context.req.method === "POST" &&
      type !== undefined &&
      !/^application\/json(?: *;|$)/i.test(type)
    )
      throw notJson();
    const isTool = context.req.path.startsWith(`${API}/tools/`);
    return (isTool ? long : short)(context, next);
  });
}

/** Adds what answers the other methods of each path. Gives back `METHOD /path` of those there were. */
function refuseOtherMethods(app: ApiApp): readonly string[] {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes)
    if (method !== "ALL")
      methods.set(path, (methods.get(path) ?? new Set()).add(method));
  for (const [path, allowed] of methods) {
    const allow = [...allowed].join(", ");
    app.all(path, () => {
      const answer = errorAnswer(
        new BalancerError("METHOD_NOT_ALLOWED", `${path} takes ${allow}`),
      );
      answer.headers.set("Allow", allow);
      return answer;
    });
  }
  return [...methods].flatMap(([path, allowed]) =>
    [...allowed].map((method) => `${method} ${path}`),
  );
}

const notFound = (hint = ""): BalancerError =>
  new BalancerError("NOT_FOUND", `there is nothing here${hint}`, {
    hint: `The API is described at ${API}/openapi.json.`,
  });

function noRoute(path: string, { tools = [] }: HttpPorts): BalancerError {
  const [, tool] = /\/api\/v1\/tools\/(\w+)$/.exec(path) ?? [];
  return tool === undefined
    ? notFound()
    : notFound(
        didYouMean(
          tool,
          tools.map(({ name }) => name),
        ),
      );
}

const notJson = (): BalancerError =>
  new BalancerError("UNSUPPORTED_MEDIA_TYPE", "the body must be JSON", {
    hint: "Send it with 'Content-Type: application/json'.",
  });

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "INVALID_ARGUMENT",
  413: "PAYLOAD_TOO_LARGE",
};

/** What the framework throws, in our words. */
function refusalOf(thrown: unknown): unknown {
  if (!(thrown instanceof HTTPException)) return thrown;
  const { status, message } = thrown;
  return status === 415
    ? notJson()
    : new BalancerError(CODES[status] ?? "INVALID_ARGUMENT", message);
}
