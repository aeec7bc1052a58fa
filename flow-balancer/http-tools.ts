/** The MCP tools as the HTTP API calls them: with the same checks, for a caller that has no session, no progress and no client's patience. */

import type { HttpTool } from "../monitoring/http/http-ports.ts";
import { BalancerError, ERROR_RULES, type WireError } from "./core/errors.ts";
import type { Env } from "./core/ports.ts";
import { parseTraceparent, traceparentOf } from "./core/trace-context.ts";
import { readArguments } from "./mcp/argument-errors.ts";
import type { CallContext, Catalog } from "./mcp/catalog.ts";
import { type CompiledTool, compileCatalog } from "./mcp/compiled-catalog.ts";

/** As `tools/list` has them. */
interface Listed {
  readonly name: string;
  readonly inputSchema: object;
  readonly outputSchema?: object;
}

export function httpTools(catalog: Catalog, env: Env): readonly HttpTool[] {
  const compiled = compileCatalog(catalog);
  const listed = compiled.toolList("modern") as readonly Listed[];
  return listed.flatMap(({ name, inputSchema, outputSchema }) => {
    const tool = compiled.tools.get(name);
    if (tool === undefined) return [];
    const { title, description, annotations } = tool.definition;
    return [
      {
        name,
        title,
        description,
        isReadOnly: annotations?.readOnlyHint === true,
        inputSchema,
        ...(outputSchema !== undefined && { outputSchema }),
        call: (args, request) => call(tool, args, contextOf(request, env)),
      } satisfies HttpTool,
    ];
  });
}

async function call(
  { definition, input }: CompiledTool,
  args: unknown,
  context: CallContext,
): Promise<object> {
  const answer = await definition.run(readArguments(input, args), context);
  if (!("content" in answer))
    throw new BalancerError(
      "NOT_AVAILABLE",
      `the tool '${definition.name}' asks its caller something, which only MCP can carry`,
      { hint: "Call it over MCP." },
    );
  const { structuredContent, content, isError = false } = answer;
  // A task that failed is an answer: MCP marks it as an error for models, its content is how the task ended.
  if (isError && isWireError(structuredContent))
    throw asError(structuredContent);
  return structuredContent ?? { content };
}

/** What a failed call says of itself. */
const asError = ({ code, message, hint, retry_after_ms }: WireError) =>
  new BalancerError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(retry_after_ms !== undefined && { retryAfterMs: retry_after_ms }),
  });

const isWireError = (said: unknown): said is WireError =>
  typeof said === "object" &&
  said !== null &&
  "code" in said &&
  typeof said.code === "string" &&
  Object.hasOwn(ERROR_RULES, said.code);

function contextOf({ signal, headers }: Request, env: Env): CallContext {
  const trace = parseTraceparent(headers.get("traceparent"));
  return {
    era: "modern",
    receivedAt: env.mono(),
    signal,
    client: null,
    connection: null,
    acceptsTask: false,
    progress: null,
    traceparent: trace === null ? null : traceparentOf(trace),
    log: () => undefined,
    get sdk(): never {
      throw new BalancerError("NOT_AVAILABLE", "only MCP can ask its caller");
    },
  };
}
