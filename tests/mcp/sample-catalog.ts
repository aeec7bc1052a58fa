/** A small catalog with one of everything, for the tests of the layer. */

import { inputRequired, acceptedContent } from "@modelcontextprotocol/server";
import { z } from "zod";
import { BalancerError } from "../../flow-balancer/core/errors.ts";
import {
  type Catalog,
  defineTool,
  type ToolDefinition,
} from "../../flow-balancer/mcp/catalog.ts";
import { fixtureEnv } from "../conformance/fixtures/fixture-env.ts";
import { MemoryTasks } from "../conformance/fixtures/memory-tasks.ts";

export interface Sample {
  readonly catalog: Catalog;
  readonly tasks: MemoryTasks;
  /** Says that a resource changed. */
  touch(uri: string): void;
  /** How many listen for that. */
  listeners(): number;
}

export function sampleCatalog(more: readonly ToolDefinition[] = []): Sample {
  const tasks = new MemoryTasks(fixtureEnv);
  const listeners = new Set<(uri: string) => void>();
  return {
    tasks,
    touch(uri) {
      for (const listener of listeners) listener(uri);
    },
    listeners: () => listeners.size,
    catalog: {
      name: "sample",
      title: "Sample",
      version: "1.0.0",
      instructions: "For tests.",
      tools: [...sampleTools(tasks), ...more],
      resources: [
        {
          uri: "sample://fixed",
          name: "fixed",
          title: "Fixed",
          description: "Never changes",
          mimeType: "text/plain",
          ttlMs: 500,
          read: () =>
            Promise.resolve([{ uri: "sample://fixed", text: "fixed" }]),
        },
      ],
      templates: [
        {
          uriTemplate: "sample://item/{id}",
          name: "item",
          title: "Item",
          description: "One item",
          mimeType: "text/plain",
          complete: {
            id: (prefix) =>
              Promise.resolve(
                ["alpha", "beta"].filter((id) => id.startsWith(prefix)),
              ),
          },
          read: (uri, { id }) =>
            Promise.resolve(id === "none" ? null : [{ uri, text: `${id}` }]),
        },
      ],
      prompts: [
        {
          name: "greeting",
          title: "Greeting",
          description: "Greets",
          arguments: [
            { name: "who", description: "Whom", required: true },
            {
              name: "tone",
              description: "How",
              required: false,
              complete: (prefix) =>
                Promise.resolve(
                  Array.from(
                    { length: 150 },
                    (_, index) => `${prefix}${index}`,
                  ),
                ),
            },
          ],
          get: ({ who }) =>
            Promise.resolve({
              messages: [
                {
                  role: "user" as const,
                  content: { type: "text" as const, text: `Greet ${who}.` },
                },
              ],
            }),
        },
      ],
      tasks,
      onResourceUpdated(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

function sampleTools(tasks: MemoryTasks): readonly ToolDefinition[] {
  const said = (words: string) => ({
    content: [{ type: "text" as const, text: words }],
  });
  return [
    defineTool({
      name: "echo",
      title: "Echo",
      description: "Answers with what it is given",
      input: z.object({
        value: z.unknown(),
        count: z.int().min(1).max(10).default(1),
        options: z.strictObject({ loud: z.boolean() }).optional(),
      }),
      output: z.object({ value: z.unknown(), count: z.number() }),
      annotations: { readOnlyHint: true },
      run: ({ value, count }) =>
        Promise.resolve({
          ...said(JSON.stringify(value)),
          structuredContent: { value, count },
        }),
    }),
    defineTool({
      name: "refuse",
      title: "Refuse",
      description: "Always refused",
      input: z.object({}),
      output: z.object({ done: z.boolean() }),
      run: () =>
        Promise.reject(
          new BalancerError(
            "QUEUE_FULL",
            "5 tasks wait, the most allowed is 5",
            {
              hint: "Try again in 100 ms.",
            },
          ),
        ),
    }),
    defineTool({
      name: "crash",
      title: "Crash",
      description: "A defect",
      input: z.object({}),
      run() {
        throw new TypeError("undefined is not a function");
      },
    }),
    defineTool({
      name: "count_up",
      title: "Count up",
      description: "Reports progress as fast as it can",
      input: z.object({ to: z.int().min(1) }),
      async run({ to }, call) {
        for (let step = 1; step <= to; step++) {
          call.progress?.(step, to);
          if (step % 100 === 0) await Promise.resolve();
        }
        return said("counted");
      },
    }),
    defineTool({
      name: "wait",
      title: "Wait",
      description: "Waits until it is cancelled",
      input: z.object({}),
      async run(_input, call) {
        await new Promise((resolve) =>
          call.signal.addEventListener("abort", resolve, { once: true }),
        );
        return said("cancelled");
      },
    }),
    defineTool({
      name: "grow",
      title: "Grow",
      description: "May become a task",
      input: z.object({ fail: z.boolean().default(false) }),
      task: {
        support: "optional",
        start: ({ fail }) =>
          Promise.resolve(
            tasks.start(() =>
              fail
                ? Promise.reject(new Error("withered"))
                : Promise.resolve(said("grown")),
            ),
          ),
      },
      run: (_input, call) =>
        Promise.resolve(
          call.acceptsTask
            ? tasks.start(() => Promise.resolve(said("grown")))
            : said("grown at once"),
        ),
    }),
    defineTool({
      name: "only_task",
      title: "Only a task",
      description: "Must become a task, and asks for a name on the way",
      input: z.object({}),
      task: {
        support: "required",
        start: () =>
          Promise.resolve(
            tasks.start(async ({ ask }) => {
              const answers = await ask({
                name: inputRequired.elicit({
                  message: "Name?",
                  requestedSchema: {
                    type: "object",
                    properties: { name: { type: "string" } },
                  },
                }),
              });
              return said(
                `Named ${String(acceptedContent(answers, "name")?.["name"])}`,
              );
            }),
          ),
      },
      run: () => Promise.reject(new Error("must be started")),
    }),
    defineTool({
      name: "endless",
      title: "Endless",
      description: "A task that ends when it is cancelled",
      input: z.object({}),
      task: {
        support: "optional",
        start: () =>
          Promise.resolve(
            tasks.start(async ({ signal }) => {
              await new Promise((resolve) =>
                signal.addEventListener("abort", resolve, { once: true }),
              );
              return said("ended");
            }),
          ),
      },
      run: () => Promise.resolve(said("not started")),
    }),
  ];
}
