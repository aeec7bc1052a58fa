/**
 * The floor of work in another process: the bare SDK server whose tool asks a child process over
 * raw IPC. No admission, no record, no pool: what is left is the wire there and back.
 */

import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { join } from "node:path";
import { z } from "zod";

const value = z.object({ serial: z.int(), text: z.string() });
type Value = z.output<typeof value>;

const waiting = new Map<number, (value: Value) => void>();
const child = Bun.spawn(
  [process.execPath, "--no-orphans", join(import.meta.dir, "echo-child.ts")],
  {
    stdio: ["ignore", "ignore", "inherit"],
    serialization: "advanced",
    ipc: (message) => {
      const answer = JSON.parse(message as string) as Value;
      waiting.get(answer.serial)?.(answer);
      waiting.delete(answer.serial);
    },
  },
);

// The child would keep it.
process.stdin.on("end", () => process.exit(0));

serveStdio(() => {
  const server = new McpServer({ name: "bare", version: "1.0.0" });
  server.registerTool(
    "echo",
    {
      description: "Returns its input",
      inputSchema: z.object({ value }),
      outputSchema: z.object({ value }),
    },
    async ({ value: given }) => {
      const back = await new Promise<Value>((resolve) => {
        waiting.set(given.serial, resolve);
        child.send(JSON.stringify(given));
      });
      return {
        content: [{ type: "text", text: JSON.stringify(back) }],
        structuredContent: { value: back },
      };
    },
  );
  return server;
});
