/** The MCP tools over plain HTTP: the same arguments, the same answers, for scripts that speak no MCP. */

import { z } from "zod";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import type { HttpPorts, HttpTool } from "../http/http-ports.ts";
import { jsonAnswer, REFUSAL } from "./openapi.ts";
import { API, type ApiApp } from "./routes.ts";

const toolsView = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      description: z.string(),
      read_only: z.boolean(),
      input_schema: z.looseObject({}),
      output_schema: z.looseObject({}).nullable(),
    }),
  ),
});

type ToolPorts = Pick<HttpPorts, "tools" | "settings">;

export function addToolRoutes(
  app: ApiApp,
  { tools = [], settings }: ToolPorts,
): void {
  const registry = app.openAPIRegistry;
  registry.registerPath({
    method: "get",
    path: `${API}/tools`,
    operationId: "list_tools",
    summary: "The tools there are",
    responses: jsonAnswer("Tools", toolsView),
  });
  app.get(`${API}/tools`, (context) =>
    context.json({ tools: tools.map(toolLine) }),
  );
  for (const tool of tools) {
    const path = `${API}/tools/${tool.name}`;
    registry.registerPath({
      method: "post",
      path,
      operationId: tool.name,
      summary: tool.title,
      description: tool.description,
      request: {
        body: {
          required: true,
          content: { "application/json": { schema: tool.inputSchema } },
        },
      },
      responses: {
        200: {
          description:
            "What the tool answers over MCP, as structured content; of a task that failed, too: see its status and error",
          content: {
            "application/json": {
              schema: tool.outputSchema ?? { type: "object" },
            },
          },
        },
        default: REFUSAL,
      },
    });
    app.post(path, async (context) => {
      if (settings.readOnly && !tool.isReadOnly) throw readOnly(tool);
      const args = parsed(await context.req.text());
      // A task may take as long as its caller waits; to ask for it may not.
      context.env.connection.timeout(0);
      return context.json(await tool.call(args, context.req.raw));
    });
  }
}

const toolLine = (tool: HttpTool) => ({
  name: tool.name,
  title: tool.title,
  description: tool.description,
  read_only: tool.isReadOnly,
  input_schema: tool.inputSchema,
  output_schema: tool.outputSchema ?? null,
});

function parsed(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BalancerError(
      "INVALID_ARGUMENT",
      `the body is not valid JSON (${String((error as Error).message).slice(0, 80)})`,
      { cause: error },
    );
  }
}

const readOnly = ({ name }: HttpTool): BalancerError =>
  new BalancerError(
    "READ_ONLY",
    `this server is read-only, and the tool '${name}' changes something`,
    { hint: "Start it without http.read_only, or use MCP." },
  );
