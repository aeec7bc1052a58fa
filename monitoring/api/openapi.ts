/** What the routes of the API say of themselves, and the OpenAPI document made of it. */

import type { OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { HttpEnv } from "../http/http-ports.ts";

type App = OpenAPIHono<HttpEnv>;

const errorView = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    /** What to do about it. */
    hint: z.string().nullable(),
  }),
});

const MAX_PROBLEMS = 10;

const named = new Map<z.ZodType, z.ZodType>();

/**
 * The schema with a name by which the document refers to it. By zod's own means: the library's are there only for
 * schemas that were made after it was loaded.
 */
function component<S extends z.ZodType>(name: string, schema: S): S {
  const it = named.get(schema) ?? schema.meta({ id: name });
  named.set(schema, it);
  // It is a copy, with the name.
  return it as S;
}

/** The responses of a route that answers with JSON. */
export const jsonAnswer = <S extends z.ZodType>(name: string, schema: S) => ({
  200: {
    description: name,
    content: { "application/json": { schema: component(name, schema) } },
  },
  default: REFUSAL,
});

/** What every route may answer instead. */
export const REFUSAL = {
  description: "Refused, or failed; `error.code` says why",
  content: {
    "application/json": { schema: component("Error", errorView) },
  },
};

export const jsonBody = <S extends z.ZodType>(name: string, schema: S) => ({
  required: true,
  content: { "application/json": { schema: component(name, schema) } },
});

/** INVALID_ARGUMENT, with every problem of one part of a request. */
export function invalid(
  part: string,
  issues: readonly z.core.$ZodIssue[],
): BalancerError {
  const problems = issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) =>
      path.length === 0
        ? `${part}: ${message}`
        : `${part} '${path.map(String).join(".")}': ${message}`,
    );
  return new BalancerError("INVALID_ARGUMENT", problems.join("; "), {
    hint: "The API is described at /api/v1/openapi.json.",
  });
}

/** OpenAPI 3.1, of all routes that were added to `app` with a description. */
export const openApiDocument = (
  app: App,
  {
    version,
    basePath,
  }: { readonly version: string; readonly basePath: string },
) =>
  app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "flow-balancer",
      version,
      description:
        "What the server knows and what people may do with it. Times are epoch ms, lengths ms. Errors are {error: {code, message, hint}}.",
    },
    servers: [{ url: basePath === "" ? "/" : basePath }],
    security: [{ token: [] }],
  });
