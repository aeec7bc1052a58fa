/** The toolset `pool`, in the order clients see it. */

import { z } from "zod";
import type { SessionId } from "../core/ids.ts";
import { batchTool } from "./batch-tool.ts";
import { defineTool, type ToolDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { followTools } from "./follow-tools.ts";
import { mapTool } from "./map-tool.ts";
import { poolStatusText, poolStatusView } from "./pool-view.ts";
import { runTools } from "./run-tools.ts";

export function poolTools(deps: Deps): ToolDefinition[] {
  return [
    ...runTools(deps),
    batchTool(deps),
    mapTool(deps),
    ...followTools(deps),
    poolStatus(deps),
    openSession(deps),
    closeSession(deps),
  ];
}

function poolStatus(deps: Deps): ToolDefinition {
  return defineTool({
    name: "pool_status",
    title: "State of the pool",
    description:
      "Workers by tier, what each is doing and how it is, how good predictions were, tasks by state, and the kinds there are; with `kind`, that kind's input schema.",
    input: z.object({
      kind: z.string().max(200).optional(),
    }),
    output: z.looseObject({}),
    annotations: { readOnlyHint: true, openWorldHint: false },
    async run({ kind }) {
      const engine = await deps.engine();
      if (kind !== undefined) {
        const info = await engine.describeKind(kind);
        return {
          structuredContent: {
            kind: info.kind,
            description: info.description,
            effects: info.effects,
            timeout_ms: info.timeoutMs,
            capabilities: info.capabilities,
            input_schema: info.inputSchema,
          },
          content: [
            { type: "text", text: `${info.kind}: ${info.description}` },
          ],
        };
      }
      const status = await engine.status();
      const kinds = engine.kinds().map((info) => info.kind);
      return {
        structuredContent: poolStatusView(status, kinds),
        content: [{ type: "text", text: poolStatusText(status) }],
      };
    },
  });
}

const sessionSchema = z.looseObject({ session: z.string() });

function openSession(deps: Deps): ToolDefinition {
  return defineTool({
    name: "open_session",
    title: "Open a session",
    description:
      "Makes a session. Tasks that name it prefer a worker that served it before (tier hot) and share memory there; " +
      "no other session's tasks run on that worker. Lasts until close_session; what a module keeps in ctx.session.state is saved.",
    input: z.object({ name: z.string().min(1).max(200).optional() }),
    output: sessionSchema,
    annotations: { destructiveHint: false, openWorldHint: false },
    async run({ name }) {
      const session = await (await deps.engine()).openSession(name ?? null);
      return {
        structuredContent: {
          session: session.id,
          name: session.name,
          opened_at: new Date(session.openedAt).toISOString(),
        },
        content: [{ type: "text", text: session.id }],
      };
    },
  });
}

function closeSession(deps: Deps): ToolDefinition {
  return defineTool({
    name: "close_session",
    title: "Close a session",
    description:
      "Ends a session and lets its workers go; its tasks that run are finished first.",
    input: z.object({ session: z.string().min(1).max(200) }),
    output: sessionSchema,
    annotations: {
      destructiveHint: true,
      idempotentHint: true,
      openWorldHint: false,
    },
    async run({ session }) {
      const engine = await deps.engine();
      const closed = await engine.closeSession(session as SessionId);
      return {
        structuredContent: {
          session: closed.id,
          closed_at:
            closed.closedAt === null
              ? null
              : new Date(closed.closedAt).toISOString(),
        },
        content: [{ type: "text", text: `${closed.id} is closed` }],
      };
    },
  });
}
