/** The same on the SDK before, which half the world still runs: for information. */

import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "bare-v1", version: "1.0.0" });
const value = z.object({ serial: z.int(), text: z.string() });
server.registerTool(
  "echo",
  {
    description: "Returns its input",
    inputSchema: { value },
    outputSchema: { value },
  },
  ({ value: given }) => ({
    content: [{ type: "text", text: JSON.stringify(given) }],
    structuredContent: { value: given },
  }),
);
await server.connect(new StdioServerTransport());
process.stdin.on("end", () => process.exit(0));
