/**
 * A task as an agent's tool is one: its module brings the MCP SDK and zod, and a session keeps what was
 * prepared for it (the schemas of its tools). Without a session that is done for every task.
 */

import { McpServer } from "@modelcontextprotocol/server";
import { defineTask } from "flow-balancer/task";
import { z } from "zod";

const TOOLS = 40;
const PREPARED = "tools";

/** One server with its tools, and what a client would be told of them. */
function prepare(): Map<string, string> {
  const server = new McpServer({ name: "bench", version: "1.0.0" });
  const tools = new Map<string, string>();
  for (let number = 0; number < TOOLS; number++) {
    const name = `tool-${number}`;
    const inputSchema = z.object({
      path: z.string().describe(`A file of ${name}`),
      lines: z.array(z.int().min(1)).max(100).optional(),
      mode: z.enum(["read", "write", "list"]),
    });
    server.registerTool(name, { description: name, inputSchema }, () => ({
      content: [],
    }));
    tools.set(name, JSON.stringify(z.toJSONSchema(inputSchema)));
  }
  return tools;
}

export default defineTask({
  kind: "mcp-sdk",
  description: "Looks a tool's schema up",
  input: z.object({ serial: z.int() }),
  run: ({ serial }, { session }) => {
    const tools =
      (session?.state.get(PREPARED) as Map<string, string> | undefined) ??
      prepare();
    session?.state.set(PREPARED, tools);
    return { serial, chars: tools.get(`tool-${serial % TOOLS}`)?.length };
  },
});
