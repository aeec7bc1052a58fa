/** The floor: what the SDK itself costs, with one tool that gives back what it got. */

import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

const value = z.object({ serial: z.int(), text: z.string() });

serveStdio(() => {
  const server = new McpServer({ name: "bare", version: "1.0.0" });
  server.registerTool(
    "echo",
    {
      description: "Returns its input",
      inputSchema: z.object({ value }),
      outputSchema: z.object({ value }),
    },
    ({ value: given }) => ({
      content: [{ type: "text", text: JSON.stringify(given) }],
      structuredContent: { value: given },
    }),
  );
  return server;
});
