/** recommend_split: into how many subtasks work is cut whose number has to be fixed beforehand. */

import { z } from "zod";
import { MIN_EFFICIENCY } from "../core/chunking.ts";
import { defineTool, type ToolDefinition } from "./catalog.ts";
import type { Deps } from "./deps.ts";
import { assertKnownKind } from "./task-request.ts";

const amount = z.number().positive();

const INPUT = z.object({
  complexity: z.int().min(1).max(10).describe("1 is plain"),
  work_ms: amount.optional().describe("All of it, one after the other"),
  work_tokens: amount.optional(),
  kind: z
    .string()
    .optional()
    .describe("Of its items, whose work and overhead were learned"),
  items: z.int().min(1).optional(),
  workers: z.int().min(1).max(10_000).optional().describe("Else the pool's"),
  min_efficiency: z
    .number()
    .min(0.01)
    .max(0.99)
    .optional()
    .describe("Least work / (work + overhead); else 0.9"),
  overhead_ms: z.number().min(0).optional().describe("Each; else learned"),
  overhead_tokens: z
    .number()
    .min(0)
    .optional()
    .describe("Of context that each is told again"),
});

export function splitTool(deps: Deps): ToolDefinition {
  return defineTool({
    name: "recommend_split",
    title: "Recommend a number of subtasks",
    description:
      "Into how many subtasks (25 to 300) to cut work whose number has to be fixed beforehand, from its size, its complexity and the learned overhead, and why. " +
      "For a list of inputs of one kind use map_task, which decides as it runs.",
    input: INPUT,
    output: z.looseObject({ subtasks: z.number() }),
    annotations: { readOnlyHint: true },
    async run(args) {
      const engine = await deps.engine();
      if (args.kind !== undefined) assertKnownKind(args.kind, engine, "/kind");
      const workers =
        args.workers ?? (await engine.status()).pool.configuredWorkers;
      const { subtasks, unbounded, efficiency, why } =
        engine.chunking.recommend({
          complexity: args.complexity,
          workMs: args.work_ms ?? null,
          workTokens: args.work_tokens ?? null,
          kind: args.kind ?? null,
          items: args.items ?? null,
          workers,
          minEfficiency: args.min_efficiency ?? MIN_EFFICIENCY,
          overheadMs: args.overhead_ms ?? null,
          overheadTokens: args.overhead_tokens ?? null,
        });
      return {
        structuredContent: { subtasks, unbounded, efficiency, workers, why },
        content: [
          { type: "text", text: [`${subtasks} subtasks`, ...why].join("\n") },
        ],
      };
    },
  });
}
