/**
 * All kinds of the mixed workload in one module, as a pool without tiers has them: every process loads
 * all of it. What sessions prepare is kept for each in every process, since any may be asked next.
 */

import { defineTask, type TaskContext } from "flow-balancer/task";
import { z } from "zod";
import countTokens from "./count-tokens.ts";
import echo from "./echo.ts";
import mcpSdk from "./mcp-sdk.ts";

const states = new Map<string, Map<string, unknown>>();

function sessionOf(id: string | null): TaskContext["session"] {
  if (id === null) return null;
  let state = states.get(id);
  if (state === undefined) states.set(id, (state = new Map()));
  return { id, state };
}

export default defineTask({
  kind: "everything",
  description: "Runs a task of any kind",
  input: z.object({
    kind: z.enum(["echo", "mcp-sdk", "count-tokens"]),
    session: z.string().nullable(),
    input: z.object({ serial: z.int(), text: z.string() }),
  }),
  run: ({ kind, session, input }, context) => {
    const inSession: TaskContext = {
      taskId: context.taskId,
      traceparent: context.traceparent,
      attempt: context.attempt,
      get signal() {
        return context.signal;
      },
      session: sessionOf(session),
      log: (message) => context.log(message),
      progress: (done, total) => context.progress(done, total),
      heartbeat: () => context.heartbeat(),
    };
    if (kind === "echo") return echo.run(input, inSession);
    return (kind === "mcp-sdk" ? mcpSdk : countTokens).run(input, inSession);
  },
});
